"""Expiry dates, worked out by hand; Berlin's clocks change on 29 March and 25 October 2026."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict

from calendars.kit.timetext import moment_text, time_left
from calendars.models import Calendar
from onetime_links.expiry import PRESETS, add_months
from onetime_links.forms import EditLinkForm, LinkForm
from tests.support.world.factories import OneTimeLinkFactory

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
KATHMANDU = ZoneInfo("Asia/Kathmandu")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("preset", "zone", "now", "expiry"),
    [
        ("1-day", BERLIN, "2026-11-22T16:00:00", "2026-11-23T16:00:00"),
        ("3-days", BERLIN, "2026-11-22T16:00:00", "2026-11-25T16:00:00"),
        ("1-week", BERLIN, "2026-11-22T16:00:00", "2026-11-29T16:00:00"),
        ("1-month", BERLIN, "2026-11-22T16:00:00", "2026-12-22T16:00:00"),
        # Seconds are cut off, because the field has none.
        ("1-day", BERLIN, "2026-11-22T16:00:59", "2026-11-23T16:00:00"),
        # The same time tomorrow is 23 hours later in spring, and 25 hours later in autumn.
        ("1-day", BERLIN, "2026-03-28T16:00:00", "2026-03-29T15:00:00"),
        ("1-day", BERLIN, "2026-10-24T15:00:00", "2026-10-25T16:00:00"),
        # 02:30 of the 29th does not exist; the expiry is the change itself, 03:00 summer time.
        ("1-day", BERLIN, "2026-03-28T01:30:00", "2026-03-29T01:00:00"),
        # 02:30 of the 25th occurs twice; the expiry is the later one.
        ("1-day", BERLIN, "2026-10-24T00:30:00", "2026-10-25T01:30:00"),
        # The start is in the first of two 02:30; the expiry is one week on.
        ("1-week", BERLIN, "2026-10-25T00:30:00", "2026-11-01T01:30:00"),
        # Clocks change by half an hour here: 01:45 occurs twice on 5 April.
        ("1-day", LORD_HOWE, "2026-04-03T14:45:00", "2026-04-04T15:15:00"),
        # The date is that of the zone, not of UTC.
        ("1-month", KATHMANDU, "2027-01-30T20:00:00", "2027-02-27T20:00:00"),
        ("1-month", BERLIN, "2027-01-31T11:00:00", "2027-02-28T11:00:00"),
        ("1-month", BERLIN, "2028-01-31T11:00:00", "2028-02-29T11:00:00"),
        ("1-month", BERLIN, "2026-12-31T11:00:00", "2027-01-31T11:00:00"),
        ("1-month", BERLIN, "2026-08-31T10:00:00", "2026-09-30T10:00:00"),
    ],
)
def test_preset(preset: str, zone: ZoneInfo, now: str, expiry: str) -> None:
    assert PRESETS[preset].expiry(now=utc(now), zone=zone) == utc(expiry)


def test_presets_are_the_four_of_the_page() -> None:
    assert [str(preset.label) for preset in PRESETS.values()] == [
        "1 day",
        "3 days",
        "1 week",
        "1 month",
    ]


def test_add_months_over_years() -> None:
    assert add_months(utc("2026-01-31").date(), 13) == utc("2027-02-28").date()


@pytest.mark.parametrize(
    ("typed", "expires_at"),
    [
        ("", None),
        ("  ", None),
        ("2026-12-01T17:00", "2026-12-01T16:00"),
        ("2026-12-01 17:00", "2026-12-01T16:00"),
        ("2026-12-01T17:00:30", "2026-12-01T16:00:30"),
        ("2027-03-28T02:30", "2027-03-28T01:00"),
        ("2027-10-31T02:30", "2027-10-31T01:30"),
        ("2027-10-31T03:00", "2027-10-31T02:00"),
    ],
)
def test_typed_wall_time(typed: str, expires_at: str | None) -> None:
    form = LinkForm(QueryDict(f"expires_at={typed}"), zone=BERLIN, now=utc("2026-11-22T12:00"))
    assert form.is_valid()
    assert form.cleaned_data["expires_at"] == (utc(expires_at) if expires_at else None)


@pytest.mark.parametrize(
    "typed",
    [
        "tomorrow",
        "2026-12-01",
        "2026-12-01T25:00",
        "2026-02-30T10:00",
        "2026-12-01T17:00Z",
        "2026-12-01T17:00%2B01:00",
        "0001-01-01T00:00",
        "9999-12-31T23:59",
        "20261-12-01T17:00",
        "%00",
        "%ED%A0%80",
        "1" * 5000,
    ],
)
def test_no_wall_time(typed: str) -> None:
    form = LinkForm(QueryDict(f"expires_at={typed}"), zone=BERLIN, now=utc("2026-11-22T12:00"))
    assert form.errors == {"expires_at": ["Enter a date and a time, such as 2026-12-01 17:00."]}


@pytest.mark.parametrize(
    ("typed", "is_valid"), [("13:00", False), ("13:01", True), ("12:59", False)]
)
def test_typed_expiry_must_lie_in_the_future(typed: str, is_valid: bool) -> None:
    data = QueryDict(f"expires_at=2026-11-22T{typed}")
    form = LinkForm(data, zone=BERLIN, now=utc("2026-11-22T12:00"))
    assert form.is_valid() == is_valid
    if not is_valid:
        words = "Choose a time in the future. In Europe/Berlin it is now 22 Nov 13:00."
        assert form.errors == {"expires_at": [words]}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "expires_at",
    [
        "2026-10-25T00:30:00",  # the first of two 02:30: a wall time would mean the later one
        "2026-12-01T16:00:59.123456",  # the field shows no seconds
        "2026-10-01T10:00:00",  # in the past
    ],
)
def test_untouched_expiry_stays_to_the_microsecond(calendar: Calendar, expires_at: str) -> None:
    link = OneTimeLinkFactory.create(
        calendar=calendar, created_at=utc("2026-09-01"), expires_at=utc(expires_at)
    )
    now = utc("2026-10-24T00:00")
    shown = str(EditLinkForm(link=link, now=now)["expires_at"].value())
    form = EditLinkForm(QueryDict(f"note=New&expires_at={shown}"), link=link, now=now)
    assert form.is_valid()
    assert form.cleaned_data == {"note": "New", "expires_at": utc(expires_at)}


@pytest.mark.parametrize(
    ("until", "words"),
    [
        ("2026-11-22T12:00:59", "in less than a minute"),
        ("2026-11-22T12:01:00", "in 1 minute"),
        ("2026-11-22T12:59:59", "in 59 minutes"),
        ("2026-11-22T13:00:00", "in 1 hour"),
        ("2026-11-23T11:59:59", "in 23 hours"),
        ("2026-11-23T12:00:00", "in 1 day"),
        # Days are counted by dates of Berlin, where 23:30 UTC is on the next day.
        ("2026-11-24T22:30:00", "in 2 days"),
        ("2026-11-24T23:30:00", "in 3 days"),
        ("2026-12-01T16:00:00", "in 9 days"),
    ],
)
def test_time_left(until: str, words: str) -> None:
    assert time_left(utc(until), BERLIN, utc("2026-11-22T12:00:00")) == words


@pytest.mark.parametrize(
    ("instant", "weekday", "words"),
    [
        ("2026-12-01T16:00", False, "1 Dec 17:00"),
        ("2026-11-24T09:00", True, "Tue 24 Nov 10:00"),
        ("2027-01-05T09:00", True, "Tue, 5 Jan 2027 10:00"),
        # The new year has begun in Berlin.
        ("2026-12-31T23:30", False, "1 Jan 2027 00:30"),
    ],
)
def test_moment_text(instant: str, weekday: bool, words: str) -> None:
    assert moment_text(utc(instant), BERLIN, utc("2026-11-22T12:00"), weekday=weekday) == words
