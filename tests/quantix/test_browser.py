from collections.abc import Callable

import pytest
from playwright.sync_api import Error, Page, expect

from calendars.models import Owner
from tests.support.pages.browser import PHONE, Pages, sign_in


def test_phone_reads_the_live_server(page: Page) -> None:
    page.goto("/healthz")
    expect(page.get_by_text("ok")).to_be_visible()
    assert page.evaluate("[screen.width, matchMedia('(pointer: coarse)').matches]") == [390, True]


def test_new_page_takes_a_zone(new_page: Callable[..., Page]) -> None:
    page = new_page(**PHONE, timezone_id="Asia/Kathmandu")
    page.goto("/healthz")
    zone = page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    assert zone in {"Asia/Kathmandu", "Asia/Katmandu"}


def test_sign_in_gives_a_session(desktop_page: Page, olive: Owner) -> None:
    sign_in(desktop_page, olive)
    [cookie] = desktop_page.context.cookies()
    assert cookie["name"] == "sessionid"


def test_errors_in_a_page_are_noticed(
    desktop_page: Page, pages: Pages, allowed_errors: list[str]
) -> None:
    allowed_errors.extend(["an error", "oh no", "asked another host"])
    desktop_page.goto("/healthz")
    desktop_page.evaluate("console.error('an error')")
    with desktop_page.expect_event("pageerror"):
        desktop_page.evaluate("() => { setTimeout(() => { throw new Error('oh no') }) }")
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        desktop_page.goto("http://elsewhere.example/")
    kinds = {problem.split(":")[0] for problem in pages.problems}
    assert kinds == {"console", "page error", "asked another host"}


def test_a_failed_navigation_can_be_expected(desktop_page: Page, allowed_errors: list[str]) -> None:
    allowed_errors.append("status of 404")
    response = desktop_page.goto("/nothing-here")
    assert response is not None
    assert response.status == 404
