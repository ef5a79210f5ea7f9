"""Tests of what emails say, and in whose time zone and language."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.models import Booking, Change, Party
from calendars.models import Calendar, Occasion
from onetime_links.models import OneTimeLink
from tests.support.booking.composing import (
    EVERY_MAIL,
    book_overseas,
    change_of,
    everything_in,
    mail_of,
    part,
    sent,
    text_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(link: OneTimeLink) -> Booking:
    return book_overseas(link)


# What an email says


@pytest.mark.parametrize(
    ("occasion", "client", "owner"),
    [
        (Occasion.BOOKED, "Booked: Discovery call", "Booked: Cleo Client"),
        (Occasion.RESCHEDULED, "New time: Discovery call", "New time: Cleo Client"),
        (Occasion.CANCELLED, "Cancelled: Discovery call", "Cancelled: Cleo Client"),
        (Occasion.REMINDER, "Reminder: Discovery call", "Reminder: Cleo Client"),
    ],
)
def test_subject_says_what_happened_and_when_for_its_reader(
    booking: Booking, occasion: Occasion, client: str, owner: str
) -> None:
    subjects = [sent(mail_of(booking, occasion, party))["Subject"] for party in Party]
    assert subjects == [
        f"{client}, Tue 24 Nov 04:00 (New York)",
        f"{owner}, Tue 24 Nov 10:00 (Berlin)",
    ]


def test_client_reads_this_when_booked(booking: Booking, calendar: Calendar) -> None:
    calendar.personal_line = "Ring twice.\nMind the dog."
    text = text_of(booking, Occasion.BOOKED, Party.CLIENT)
    assert text.splitlines() == [
        "Discovery call with Olive Owner",
        "You’re booked",
        "",
        "Your time with Olive Owner is reserved.",
        "",
        "When      Tuesday, 24 November 2026, 04:00–04:30",
        "          New York time, UTC-5",
        "Duration  30 minutes",
        "Where     Room 5",
        "",
        "Ring twice.",
        "Mind the dog.",
        "",
        "Reschedule or cancel:",
        f"http://127.0.0.1:8000/manage/{booking.manage_token}/",
        "",
        "Reply to this email to reach Olive Owner.",
        "The attached entry puts it into your calendar.",
    ]


def test_owner_reads_a_yes_and_a_no_as_words(booking: Booking) -> None:
    booking.answers = [{"question": "Terms", "answer": True}, {"question": "News", "answer": False}]
    text = text_of(booking, Occasion.BOOKED, Party.OWNER)
    assert re.findall(r"^(Terms|News) +(.*)$", text, re.MULTILINE) == [
        ("Terms", "yes"),
        ("News", "no"),
    ]


def test_owner_reads_this_when_a_client_has_moved_it(booking: Booking) -> None:
    change_of(booking, Occasion.RESCHEDULED, by=Party.CLIENT, message="I fell ill.\nSorry!")
    text = text_of(booking, Occasion.RESCHEDULED, Party.OWNER)
    url = "http://127.0.0.1:8000"
    link = booking.one_time_link
    assert link
    found = f"?start={link.pk}#link-{link.pk}"
    assert text.splitlines() == [
        "Discovery call",
        "A booking has a new time",
        "",
        "Cleo Client moved it.",
        "",
        "Cleo Client wrote:",
        "  I fell ill.",
        "  Sorry!",
        "",
        "Who             Cleo Client",
        "                cleo@example.com",
        "When            Tuesday, 24 November 2026, 10:00–10:30",
        "                Berlin time, UTC+1",
        "For the client  Tuesday, 24 November 2026, 04:00–04:30",
        "                New York time, UTC-5",
        "Before          Monday, 23 November 2026, 10:00",
        "                Berlin time, UTC+1",
        "Duration        30 minutes",
        "Where           Room 5",
        "Topic?          Our prices",
        "Fax             –",
        "One-time link   Secret note about Ms Ito",
        f"                {url}/calendars/discovery-call/one-time-links/{found}",
        "",
        "Open the booking:",
        f"{url}/bookings/{booking.pk}/",
        "",
        "Reply to this email to reach Cleo Client.",
        "The attached entry replaces the one in your calendar.",
        "",
        "Choose which emails you get:",
        f"{url}/calendars/discovery-call/notifications/",
    ]


def test_link_without_a_note_is_found_all_the_same(booking: Booking) -> None:
    link = booking.one_time_link
    assert link
    link.note = ""
    html = part(sent(mail_of(booking, Occasion.BOOKED, Party.OWNER)), "text/html")
    section = "http://127.0.0.1:8000/calendars/discovery-call/one-time-links/"
    assert f'href="{section}?start={link.pk}#link-{link.pk}">without a note</a>' in html


@pytest.mark.parametrize(
    ("occasion", "by", "client", "owner"),
    [
        (Occasion.RESCHEDULED, Party.CLIENT, "You moved it.", "Cleo Client moved it."),
        (Occasion.RESCHEDULED, Party.OWNER, "Olive Owner moved it.", "You moved it."),
        (Occasion.CANCELLED, Party.CLIENT, "You cancelled it.", "Cleo Client cancelled it."),
        (Occasion.CANCELLED, Party.OWNER, "Olive Owner cancelled it.", "You cancelled it."),
    ],
)
def test_both_hear_who_changed_it_and_what_the_other_wrote(
    booking: Booking, occasion: Occasion, by: Party, client: str, owner: str
) -> None:
    change_of(booking, occasion, by=by, message="Sorry!")
    writer = {Party.CLIENT: "Cleo Client", Party.OWNER: "Olive Owner"}[by]
    for reader, lead in [(Party.CLIENT, client), (Party.OWNER, owner)]:
        text = text_of(booking, occasion, reader)
        assert lead in text
        told = f"{'You' if reader == by else writer} wrote:\n  Sorry!\n" in text
        # Whoever wrote it may have typed the address of somebody else.
        assert told is not (reader == by == Party.CLIENT)


def test_mail_tells_of_its_own_change_and_not_of_a_later_one(booking: Booking) -> None:
    change_of(booking, Occasion.RESCHEDULED, by=Party.CLIENT, message="The first")
    first = mail_of(booking, Occasion.RESCHEDULED, Party.OWNER)
    booking.starts_at += timedelta(days=9)
    change_of(booking, Occasion.RESCHEDULED, by=Party.OWNER, message="The second")
    text = part(sent(first), "text/plain")
    assert "Tuesday, 24 November 2026, 10:00" in text
    assert "The first" in text
    assert "The second" not in text


def test_change_that_a_reminder_comes_after_is_not_told_again(booking: Booking) -> None:
    change_of(booking, Occasion.RESCHEDULED, by=Party.CLIENT, message="Sorry!")
    text = text_of(booking, Occasion.REMINDER, Party.CLIENT)
    assert ("Sorry!" in text, "Before" in text) == (False, False)


def test_booking_that_the_owner_entered_says_so(booking: Booking) -> None:
    booking.made_by_owner = True
    client, owner = (text_of(booking, Occasion.BOOKED, party) for party in Party)
    assert "Olive Owner entered this booking for you." in client
    assert "You entered it for Cleo Client." in owner


@pytest.mark.parametrize(
    ("reschedule", "cancel", "words"),
    [
        (True, True, "Reschedule or cancel"),
        (True, False, "Reschedule"),
        (False, True, "Cancel the booking"),
        (False, False, "See the booking"),
    ],
)
def test_manage_link_says_what_the_client_may_do(
    booking: Booking, calendar: Calendar, reschedule: bool, cancel: bool, words: str
) -> None:
    calendar.client_may_reschedule, calendar.client_may_cancel = reschedule, cancel
    link = f"\n{words}:\nhttp://127.0.0.1:8000{booking.get_absolute_url()}\n"
    assert link in text_of(booking, Occasion.REMINDER, Party.CLIENT)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"max_reschedules": 2}, "Reschedule or cancel"),
        ({"max_reschedules": 1}, "See or change the booking"),
        ({"max_reschedules": 1, "client_may_cancel": False}, "See the booking"),
        ({"change_notice_minutes": 7 * 24 * 60}, "See the booking"),
    ],
)
def test_manage_link_promises_nothing_beyond_the_limits(
    booking: Booking, calendar: Calendar, limits: dict[str, int | bool], words: str
) -> None:
    change_of(booking, Occasion.RESCHEDULED)
    for name, limit in limits.items():
        setattr(calendar, name, limit)
    assert f"\n{words}:\n" in text_of(booking, Occasion.REMINDER, Party.CLIENT)


@pytest.mark.parametrize(("occasion", "recipient"), EVERY_MAIL)
def test_each_is_told_what_is_for_them(
    booking: Booking, calendar: Calendar, occasion: Occasion, recipient: Party
) -> None:
    calendar.personal_line = "Ring twice."
    link = booking.one_time_link
    assert link
    message = sent(mail_of(booking, occasion, recipient))
    for_owner = recipient == Party.OWNER
    for kind in ("text/plain", "text/html"):
        text = part(message, kind)
        assert (link.note in text) is for_owner
        assert ("Our prices" in text) is for_owner
        assert ("Ring twice." in text) is not for_owner
    told = list(everything_in(message))
    assert any(link.note in each for each in told) is for_owner
    assert any(booking.manage_token in each for each in told) is not for_owner
    assert not any(link.token in each for each in told)


# Times and languages


def test_clocks_that_change_between_the_old_and_the_new_time(booking: Booking) -> None:
    """Clocks change in Berlin on 28 March 2027, two weeks after those in New York."""
    berlin = ZoneInfo("Europe/Berlin")
    before = datetime(2027, 3, 12, 15, tzinfo=berlin).astimezone(UTC)
    booking.starts_at = datetime(2027, 3, 29, 15, tzinfo=berlin).astimezone(UTC)
    booking.ends_at = booking.starts_at + timedelta(minutes=30)
    change_of(booking, Occasion.RESCHEDULED)
    Change.objects.update(moved_from=before)
    told = {party: text_of(booking, Occasion.RESCHEDULED, party) for party in Party}
    assert told[Party.CLIENT].splitlines()[5:9] == [
        "When      Monday, 29 March 2027, 09:00–09:30",
        "          New York time, UTC-4",
        "Before    Friday, 12 March 2027, 09:00",
        "          New York time, UTC-5",
    ]
    assert told[Party.OWNER].splitlines()[7:13] == [
        "When            Monday, 29 March 2027, 15:00–15:30",
        "                Berlin time, UTC+2",
        "For the client  Monday, 29 March 2027, 09:00–09:30",
        "                New York time, UTC-4",
        "Before          Friday, 12 March 2027, 15:00",
        "                Berlin time, UTC+1",
    ]


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Asia/Kolkata", "Tuesday, 24 November 2026, 14:30–15:00 Kolkata time, UTC+5:30"),
        ("Pacific/Kiritimati", "Tuesday, 24 November 2026, 23:00–23:30 Kiritimati time, UTC+14"),
        ("Pacific/Pago_Pago", "Monday, 23 November 2026, 22:00–22:30 Pago Pago time, UTC-11"),
        ("UTC", "Tuesday, 24 November 2026, 09:00–09:30 UTC"),
        ("Gone/Away", "Tuesday, 24 November 2026, 10:00–10:30 Berlin time, UTC+1"),
    ],
)
def test_client_reads_their_own_time(booking: Booking, zone: str, words: str) -> None:
    booking.client_time_zone = zone
    text = text_of(booking, Occasion.BOOKED, Party.CLIENT)
    assert words in re.sub(r"\s+", " ", text)


def test_owner_reads_the_clients_time_only_where_it_is_another(booking: Booking) -> None:
    told = {}
    for zone in ("Europe/Paris", "Europe/Lisbon"):
        booking.client_time_zone = zone
        text = text_of(booking, Occasion.BOOKED, Party.OWNER)
        told[zone] = "For the client" in text
        booking.mails.all().delete()
    assert told == {"Europe/Paris": False, "Europe/Lisbon": True}


def test_each_reads_it_in_their_own_language(booking: Booking, calendar: Calendar) -> None:
    booking.client_language, calendar.owner.language = "de", "en"
    client, owner = (text_of(booking, Occasion.BOOKED, party) for party in Party)
    assert ("Dienstag" in client, "Tuesday" in client) == (True, False)
    assert ("Dienstag" in owner, "Tuesday" in owner) == (False, True)


@pytest.mark.parametrize("language", ["", "xx", "not a language", "../../etc"])
def test_language_that_nobody_speaks_is_english(booking: Booking, language: str) -> None:
    booking.client_language = language
    assert "Tuesday, 24 November 2026" in text_of(booking, Occasion.BOOKED, Party.CLIENT)
