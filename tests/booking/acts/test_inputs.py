"""Tests of what the acts on bookings refuse by themselves, whoever calls them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from booking.acts.book import Client, book_slot, enter_booking
from booking.acts.cancel import cancel_booking
from booking.acts.reschedule import reschedule_booking
from booking.client.forms import BookingForm
from booking.models import Booking, Change, Mail, Party, TimeOff
from booking.times.time_off import add_time_off, change_time_off
from calendars.kit.tokens import make_token
from calendars.models import Calendar, Owner
from tests.support.world.factories import BookingFactory, CalendarFactory, TimeOffFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SLOT = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = timedelta(days=1)
HIDDEN = "a\u202eb"
QUESTIONS = [
    {"label": "Why?", "kind": "text", "required": True},
    {"label": "Since when?", "kind": "long", "required": False},
    {"label": "Agreed?", "kind": "checkbox", "required": True},
]


def answers(why: Any = "Because", since: Any = "", agreed: Any = True) -> list[dict[str, Any]]:
    said = zip(QUESTIONS, (why, since, agreed), strict=True)
    return [{"question": question["label"], "answer": answer} for question, answer in said]


CLEO = Client("Cleo", "cleo@example.com", "Europe/Berlin", "en", answers())
CLIENTS = [
    ("client_name", {"name": " "}),
    ("client_name", {"name": "x" * 101}),
    ("client_name", {"name": HIDDEN}),
    ("client_email", {"email": "nobody"}),
    ("client_email", {"email": "\u0131ris@example.com"}),
    ("client_email", {"email": f"{'x' * 250}@example.com"}),
    ("client_time_zone", {"time_zone": "Atlantis"}),
    ("client_language", {"language": "tlh"}),
    ("answers", {"answers": []}),
    ("answers", {"answers": answers()[::-1]}),
    ("answers", {"answers": answers(why="x" * 201)}),
    ("answers", {"answers": answers(why=HIDDEN)}),
    ("answers", {"answers": answers(since="x" * 2001)}),
]
LEFT_OUT = [
    ("client_email", {"email": ""}),
    ("answers", {"answers": answers(why="")}),
    ("answers", {"answers": answers(agreed=False)}),
]
TIMES_OFF = [
    ("ends_at", {"ends_at": NOW}),
    ("ends_at", {"starts_at": NOW + 2 * DAY, "ends_at": NOW + DAY}),
    ("ends_at", {"starts_at": NOW, "ends_at": NOW + 733 * DAY}),
    ("starts_at", {"starts_at": NOW + 1831 * DAY, "ends_at": NOW + 1832 * DAY}),
    ("note", {"note": "x" * 201}),
    ("note", {"note": HIDDEN}),
]


@pytest.fixture
def calendar(olive: Owner) -> Calendar:
    return CalendarFactory.create(owner=olive, questions=QUESTIONS)


def everything() -> list[Any]:
    models = (Booking, Change, Mail, TimeOff)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def assert_refused(field: str, act: Callable[..., object], **arguments: Any) -> None:
    """Assert that the act refuses just that field and writes nothing."""
    before = everything()
    with pytest.raises(ValidationError) as refusal:
        act(**{"now": NOW, **arguments})
    assert list(refusal.value.message_dict) == [field]
    assert everything() == before


def entry(calendar: Calendar, **client: Any) -> dict[str, Any]:
    return {
        "calendar": calendar,
        "slot": SLOT,
        "client": replace(CLEO, **client),
        "nonce": make_token(),
    }


@pytest.mark.parametrize(("field", "said"), CLIENTS)
def test_client_is_refused(calendar: Calendar, field: str, said: dict[str, Any]) -> None:
    assert_refused(field, book_slot, link=None, **entry(calendar, **said))
    assert_refused(field, enter_booking, **entry(calendar, **said))


@pytest.mark.parametrize(("field", "said"), LEFT_OUT)
def test_only_an_owner_may_leave_out(calendar: Calendar, field: str, said: dict[str, Any]) -> None:
    assert_refused(field, book_slot, link=None, **entry(calendar, **said))
    assert enter_booking(now=NOW, **entry(calendar, **said)).made_by_owner


def test_client_who_says_all_that_is_asked_is_taken(calendar: Calendar) -> None:
    booking = book_slot(link=None, now=NOW, **entry(calendar))
    assert (booking.client_name, booking.answers) == ("Cleo", answers())


def test_time_that_is_over_is_refused_to_an_owner(calendar: Calendar) -> None:
    over = NOW - calendar.duration
    assert_refused("slot", enter_booking, **entry(calendar) | {"slot": over})
    booking = BookingFactory.create(calendar=calendar, starts_at=SLOT)
    assert_refused("slot", reschedule_booking, booking=booking, slot=over, by=Party.OWNER)
    just_going_on = over + timedelta(microseconds=1)
    assert enter_booking(now=NOW, **entry(calendar) | {"slot": just_going_on})


@pytest.mark.parametrize("message", ["x" * 501, HIDDEN])
def test_message_is_refused(calendar: Calendar, message: str) -> None:
    booking = BookingFactory.create(calendar=calendar, starts_at=SLOT)
    for act, facts in ((cancel_booking, {}), (reschedule_booking, {"slot": SLOT + DAY})):
        assert_refused("message", act, booking=booking, by=Party.CLIENT, message=message, **facts)


def test_zone_of_a_move_is_refused(calendar: Calendar) -> None:
    booking = BookingFactory.create(calendar=calendar, starts_at=SLOT)
    facts = {"slot": SLOT + DAY, "by": Party.CLIENT, "time_zone": "Atlantis"}
    assert_refused("client_time_zone", reschedule_booking, booking=booking, **facts)


@pytest.mark.parametrize(("field", "said"), TIMES_OFF)
def test_time_off_is_refused(olive: Owner, field: str, said: dict[str, Any]) -> None:
    facts = {"starts_at": NOW - DAY, "ends_at": NOW + DAY, "note": "", **said}
    assert_refused(field, add_time_off, host=olive, **facts)
    existing = TimeOffFactory.create(host=olive)
    assert_refused(field, change_time_off, time_off=existing, **facts)


@pytest.mark.parametrize(("field", "said"), CLIENTS[1:6])
def test_form_refuses_a_client_as_the_act_does(
    calendar: Calendar, field: str, said: dict[str, Any]
) -> None:
    name = field.removeprefix("client_")
    form = BookingForm({name: said[name]}, questions=[])  # type: ignore[arg-type]
    with pytest.raises(ValidationError) as refusal:
        book_slot(link=None, now=NOW, **entry(calendar, **said))
    assert form.errors[name] == refusal.value.message_dict[field]
