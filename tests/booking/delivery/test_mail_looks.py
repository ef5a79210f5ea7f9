"""Tests of emails as text and as HTML."""

import re

import pytest
from playwright.sync_api import Page

from booking.delivery.mail.content import WIDTH, columns_of
from booking.models import Act, Booking, Party
from calendars.models import Calendar, Colour, Occasion
from onetime_links.models import OneTimeLink
from tests.calendars.pages.test_tokens import DARK, LIGHT
from tests.support.booking.composing import (
    EVERY_MAIL,
    HOSTILE_NAMES,
    book_overseas,
    change_of,
    mail_of,
    part,
    read_html,
    sent,
    text_of,
)
from tests.support.pages.inspecting import light_and_dark, misfits

pytestmark = pytest.mark.django_db

JOINER = "\u200d"  # joins several emoji into one


@pytest.fixture
def booking(link: OneTimeLink) -> Booking:
    return book_overseas(link)


def words_of(text: str) -> set[str]:
    return {word.rstrip(":") for word in text.split()}


@pytest.mark.parametrize(("occasion", "recipient"), EVERY_MAIL)
def test_text_and_html_say_the_same(
    booking: Booking, calendar: Calendar, occasion: Occasion, recipient: Party
) -> None:
    calendar.personal_line = "See https://olive.example/way\nand ring twice."
    if occasion in Act.values:
        change_of(booking, occasion, message="I fell ill\nand https://cleo.example/ is why.")
    message = sent(mail_of(booking, occasion, recipient))
    text, html = part(message, "text/plain"), read_html(part(message, "text/html"))
    assert words_of(text) == {word.rstrip(":") for word in html.words}


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_names_stay_text(booking: Booking, calendar: Calendar, name: str) -> None:
    booking.client_name = calendar.owner.display_name = calendar.name = calendar.location = name
    calendar.personal_line = f"{name}\n{name}"
    booking.answers = [{"question": name, "answer": name}]
    plain = read_html(part(sent(mail_of(booking, Occasion.BOOKED, Party.OWNER)), "text/html"))
    for party in Party:
        message = sent(mail_of(booking, Occasion.REMINDER, party))
        text, html = part(message, "text/plain"), read_html(part(message, "text/html"))
        assert set(name.split()) <= words_of(text) | set(text.split())
        assert set(name.split()) <= set(html.words)
        assert html.tags <= plain.tags | {"a"}
        assert "&amp;" not in text
        assert "script" not in html.tags


def test_text_fits_a_terminal(booking: Booking, calendar: Calendar) -> None:
    calendar.location = "A rather long description of the way to the house " * 5
    calendar.personal_line = "And a personal line that goes on and on. " * 9
    booking.answers = [{"question": "A long question? " * 9, "answer": "An answer. " * 40}]
    for occasion, party in EVERY_MAIL:
        text = text_of(booking, occasion, party)
        lines = [line for line in text.splitlines() if len(line.split()) > 1]
        assert [line for line in lines if len(line) > WIDTH] == []


def test_text_without_spaces_fits_a_terminal(booking: Booking, calendar: Calendar) -> None:
    """Lines of Japanese, whose characters take two columns each, are no wider than others."""
    calendar.owner.language = booking.client_language = "ja"
    calendar.personal_line = "詳しくは（https://olive.example/way）をご覧ください。" * 9
    long_address = f"https://olive.example/{'道' * 50}。"
    calendar.location = f"道順「{'駅前の角を右に、' * 9}」：{long_address}"
    change_of(booking, Occasion.RESCHEDULED, message="電車が遅れています👩‍👩‍👧。" * 30)
    for party in Party:
        text = text_of(booking, Occasion.RESCHEDULED, party)
        lines = text.splitlines()
        too_long = [line.strip() for line in lines if columns_of(line) > WIDTH]
        assert [line for line in too_long if not line.isascii()] == [long_address]
        assert [line for line in lines if line.lstrip().startswith((*"。、」）：", JOINER))] == []
        assert [line for line in lines if line.endswith(("「", "（", JOINER))] == []
        unbroken = "".join(text.split())
        assert calendar.location in unbroken
        assert ("電車が遅れています👩‍👩‍👧。" * 30 in unbroken) is (party == Party.OWNER)
        if party == Party.CLIENT:
            assert text.count("https://olive.example/way") == 9
            when, duration = (line for line in lines if line.startswith(("日時 ", "所要時間 ")))
            assert columns_of(when.split("2026")[0]) == columns_of(duration.split("30")[0])


def test_address_is_not_broken(booking: Booking, calendar: Calendar) -> None:
    calendar.location = f"Video call: https://meet.example.com/{'a-b/' * 30}?x=1&y=2"
    message = sent(mail_of(booking, Occasion.BOOKED, Party.CLIENT))
    address = calendar.location.removeprefix("Video call: ")
    assert address in part(message, "text/plain").split()
    assert address in read_html(part(message, "text/html")).words


@pytest.mark.parametrize(("occasion", "recipient"), EVERY_MAIL)
def test_html_fetches_nothing(booking: Booking, occasion: Occasion, recipient: Party) -> None:
    html = part(sent(mail_of(booking, occasion, recipient)), "text/html")
    assert read_html(html).tags.isdisjoint({"img", "link", "script", "iframe", "object", "form"})
    assert re.findall(r"url\(|@import|\bsrc=", html) == []


def test_long_words_fit_a_phone(page: Page, booking: Booking, calendar: Calendar) -> None:
    word = "Donaudampfschifffahrtsgesellschaft" * 3
    link = booking.one_time_link
    assert link
    calendar.owner.display_name = calendar.name = calendar.location = word
    calendar.personal_line = booking.client_name = link.note = word
    booking.client_email = f"{'x' * 64}@{'y' * 63}.example"
    booking.answers = [{"question": word, "answer": word}]
    faults: list[str] = []
    for occasion, recipient in EVERY_MAIL:
        if occasion in Act.values:
            change_of(booking, occasion, message=f"{word} https://cleo.example/{word}")
        page.set_content(part(sent(mail_of(booking, occasion, recipient)), "text/html"))
        for width in (320, 390):
            page.set_viewport_size({"width": width, "height": 800})
            assert misfits(page) == []
        if occasion == Occasion.RESCHEDULED:
            faults += light_and_dark(page)
    # The page of the mail program has the landmarks, of which an email is only a part.
    assert [each for each in faults if not re.search(r"(landmark-one-main|region) \(", each)] == []


@pytest.mark.parametrize("colour", Colour)
def test_colours_are_those_of_the_pages(booking: Booking, colour: Colour) -> None:
    booking.calendar.colour = colour
    html = part(sent(mail_of(booking, Occasion.REMINDER, Party.CLIENT)), "text/html")
    light, dark = html.split("prefers-color-scheme: dark")
    for block, tokens in [(light, LIGHT), (dark, DARK)]:
        ours = {f"neutral-{name}" for name in ("canvas", "surface", "ink", "ink-soft", "line")}
        ours |= {colour.value, "on-colour", "amber", "amber-soft"}
        assert set(re.findall(r"#[0-9a-f]{6}", block)) == {tokens[name] for name in ours}
