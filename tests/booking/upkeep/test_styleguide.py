from collections.abc import Callable
from pathlib import Path
from re import findall
from typing import Any

import pytest
from django.conf import settings as installed
from django.test import Client
from playwright.sync_api import Page, expect

from booking.upkeep.styleguide import CLIENT_PARTS
from calendars.models import Colour
from tests.support.pages.parsing import text_of

GUIDE = "/styleguide/"
ADDRESSES = [GUIDE, *(f"{GUIDE}{part}/" for part in CLIENT_PARTS)]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.django_db
def test_styleguide_is_for_developers(client: Client, address: str, settings: Any) -> None:
    assert client.get(address).status_code == 404
    settings.DEBUG = True
    assert client.get(address).status_code == 200


@pytest.mark.django_db
def test_styleguide_shows_every_token(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    shown = text_of(client.get(GUIDE))
    css = Path(installed.BASE_DIR, "static", "tokens.css").read_text()
    accents = {"accent", "accent-soft", "accent-ink"}
    assert set(findall(r"--([\w-]+):", css)) - accents == set(
        findall(r"<code>([\w-]+)</code>", shown)
    )
    assert findall(r'guide__calendar" data-colour="(\w+)"', shown) == Colour.values


def test_styleguide_works_under_the_policy(
    new_page: Callable[..., Page], settings: Any, db: None
) -> None:
    settings.DEBUG = True
    page = new_page()
    page.goto(GUIDE)
    month = page.frame_locator("iframe").first.get_by_role("table")
    expect(month.get_by_role("link", name="Tuesday 10 November")).to_be_visible()
    page.get_by_role("button", name="More actions for Discovery call").click()
    expect(page.get_by_role("menuitem", name="Share")).to_be_visible()
