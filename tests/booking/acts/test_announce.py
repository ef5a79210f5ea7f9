"""Tests of who gets which emails, and when they are due.

For the sending, see ../delivery/test_worker.py.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from booking.acts import announce as announce_module
from booking.acts.announce import announce
from booking.acts.book import Client, SlotTaken, book_slot, enter_booking
from booking.acts.cancel import cancel_booking
from booking.acts.limits import ChangeRefused
from booking.acts.reschedule import reschedule_booking
from booking.models import Booking, Mail, Party
from calendars.kit.tokens import make_token
from calendars.models import Calendar, Occasion, Owner
from tests.support.booking.changing import state_of
from tests.support.world.factories import BookingFactory, CalendarFactory, MailFactory

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SLOT = datetime(2026, 11, 24, 9, tzinfo=UTC)
LATER = SLOT + timedelta(days=1)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
CLEO = Client(name="Cleo", email="c@example.com", time_zone="UTC", language="en")

MailRow = tuple[str, str, int, datetime]


@pytest.fixture
def calendar(olive: Owner) -> Calendar:
    """Return a calendar with the usual emails.

    The client gets all of them, the owner all but the reminders. Those are due a day and an hour
    before the booking.
    """
    return CalendarFactory.create(owner=olive)


def book(calendar: Calendar, *, slot: datetime = SLOT, now: datetime = NOW) -> Booking:
    return book_slot(
        calendar=calendar, link=None, slot=slot, client=CLEO, nonce=make_token(), now=now
    )


def waiting(booking: Booking) -> list[MailRow]:
    """Return the emails that are still to be sent: occasion, recipient, sequence, due time."""
    mails = booking.mails.waiting().order_by("due_at", "sequence", "recipient")
    return [(mail.occasion, mail.recipient, mail.sequence, mail.due_at) for mail in mails]


def test_booking_is_told_to_both_and_its_client_reminded(calendar: Calendar) -> None:
    booking = book(calendar)
    assert waiting(booking) == [
        ("booked", "client", 0, NOW),
        ("booked", "owner", 0, NOW),
        ("reminder", "client", 0, SLOT - DAY),
        ("reminder", "client", 0, SLOT - HOUR),
    ]
    assert {(mail.starts_at, mail.ends_at) for mail in booking.mails.all()} == {
        (booking.starts_at, booking.ends_at)
    }
    assert all(mail.next_try_at == mail.due_at for mail in booking.mails.all())


def test_calendar_says_who_is_told_what(calendar: Calendar) -> None:
    Calendar.objects.update(
        client_mails=[Occasion.CANCELLED],
        owner_mails=[Occasion.BOOKED, Occasion.REMINDER],
        reminder_minutes=[30],
    )
    booking = book(calendar)
    assert waiting(booking) == [
        ("booked", "owner", 0, NOW),
        ("reminder", "owner", 0, SLOT - timedelta(minutes=30)),
    ]
    cancel_booking(booking=booking, by=Party.CLIENT, now=NOW)
    assert waiting(booking) == [("booked", "owner", 0, NOW), ("cancelled", "client", 1, NOW)]


def test_reminder_whose_time_has_passed_is_not_written(calendar: Calendar) -> None:
    booking = book(calendar, now=SLOT - DAY)
    due = [row[3] for row in waiting(booking) if row[0] == "reminder"]
    assert due == [SLOT - HOUR]


def test_client_without_an_address_is_written_nothing(calendar: Calendar) -> None:
    client = replace(CLEO, email="")
    booking = enter_booking(
        calendar=calendar, slot=SLOT, client=client, nonce=make_token(), now=NOW
    )
    assert waiting(booking) == [("booked", "owner", 0, NOW)]


def test_move_takes_the_reminders_along(calendar: Calendar) -> None:
    booking = book(calendar)
    moved_at = NOW + HOUR
    moved = reschedule_booking(booking=booking, slot=LATER, by=Party.CLIENT, now=moved_at)
    assert waiting(moved) == [
        ("booked", "client", 0, NOW),
        ("booked", "owner", 0, NOW),
        ("rescheduled", "client", 1, moved_at),
        ("rescheduled", "owner", 1, moved_at),
        ("reminder", "client", 1, LATER - DAY),
        ("reminder", "client", 1, LATER - HOUR),
    ]
    dropped = booking.mails.exclude(dropped_at=None)
    assert [(mail.sequence, mail.dropped_at) for mail in dropped] == [(0, moved_at)] * 2
    # The emails of the booking name its old time, those of the move its new time.
    told = {mail.occasion: mail.starts_at for mail in booking.mails.waiting()}
    assert told == {"booked": SLOT, "rescheduled": LATER, "reminder": LATER}


def test_move_to_and_fro_writes_its_reminders_anew(calendar: Calendar) -> None:
    """Two reminders with the same due time are not the same: their sequences differ."""
    booking = book(calendar)
    for slot in (LATER, SLOT):
        booking = reschedule_booking(booking=booking, slot=slot, by=Party.OWNER, now=NOW)
    reminders = [row for row in waiting(booking) if row[0] == "reminder"]
    assert reminders == [
        ("reminder", "client", 2, SLOT - DAY),
        ("reminder", "client", 2, SLOT - HOUR),
    ]


def test_cancelled_booking_reminds_nobody(calendar: Calendar) -> None:
    booking = book(calendar)
    cancel_booking(booking=booking, by=Party.OWNER, now=NOW + HOUR)
    assert waiting(booking) == [
        ("booked", "client", 0, NOW),
        ("booked", "owner", 0, NOW),
        ("cancelled", "client", 1, NOW + HOUR),
        ("cancelled", "owner", 1, NOW + HOUR),
    ]


def test_reminder_that_was_sent_stays_sent(calendar: Calendar) -> None:
    booking = book(calendar)
    sent = booking.mails.filter(occasion=Occasion.REMINDER).earliest("due_at")
    Mail.objects.filter(pk=sent.pk).update(done_at=SLOT - DAY)
    cancel_booking(booking=booking, by=Party.CLIENT, now=SLOT - HOUR * 2)
    sent.refresh_from_db()
    assert (sent.done_at, sent.dropped_at) == (SLOT - DAY, None)


def test_change_that_was_refused_writes_nothing(calendar: Calendar) -> None:
    booking = book(calendar)
    book(calendar, slot=LATER)
    before = Mail.objects.count()
    with pytest.raises(SlotTaken):
        reschedule_booking(booking=booking, slot=LATER, by=Party.CLIENT, now=NOW)
    with pytest.raises(ChangeRefused):
        cancel_booking(booking=booking, by=Party.CLIENT, now=SLOT)
    assert Mail.objects.count() == before
    assert not Mail.objects.exclude(dropped_at=None).exists()


def test_what_cannot_be_told_is_not_done(
    calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the emails of an act cannot be written, its transaction is rolled back."""
    booking = book(calendar)
    before, entered = state_of(booking), partial(enter_booking, client=CLEO, nonce=make_token())

    def fail(mails: list[Mail]) -> None:
        raise DatabaseError

    monkeypatch.setattr(announce_module, "INSERT_MAILS", fail)
    for act in (
        partial(book, calendar, slot=LATER),
        partial(entered, calendar=calendar, slot=LATER, now=NOW),
        partial(reschedule_booking, booking=booking, slot=LATER, by=Party.CLIENT, now=NOW),
        partial(cancel_booking, booking=booking, by=Party.CLIENT, now=NOW),
    ):
        with pytest.raises(DatabaseError):
            act()
    assert Booking.objects.get() == booking
    assert state_of(booking) == before
    assert not Mail.objects.exclude(dropped_at=None).exists()


def test_other_bookings_reminders_are_left_alone(calendar: Calendar) -> None:
    booking, other = book(calendar), book(calendar, slot=LATER)
    before = waiting(other)
    cancel_booking(booking=booking, by=Party.CLIENT, now=NOW)
    assert waiting(other) == before


def test_mail_is_never_written_twice(calendar: Calendar) -> None:
    mail = MailFactory.create(booking=BookingFactory.create(calendar=calendar))
    with pytest.raises(IntegrityError), transaction.atomic():
        MailFactory.create(booking=mail.booking, due_at=mail.due_at)
    MailFactory.create(booking=mail.booking, due_at=mail.due_at, recipient=Party.OWNER)


@pytest.mark.django_db(transaction=True)
def test_mail_is_written_only_together_with_what_it_tells_of() -> None:
    booking = BookingFactory.create()
    with pytest.raises(RuntimeError):
        announce(booking, Occasion.BOOKED, now=NOW)
