"""Tests of which waiting emails are still true: each reader and each booking for itself."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from booking.delivery.mail.kind import brought_up_to_date, is_untrue
from booking.models import Booking, Mail, Party
from calendars.models import Calendar, Occasion
from tests.support.world.factories import BookingFactory, MailFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def is_dropped(mail: Mail) -> bool:
    return is_untrue(Mail.objects.select_related("booking__calendar").get(pk=mail.pk), now=now())


def now() -> datetime:
    return timezone.now()


# Each reader for themselves


@pytest.mark.parametrize("occasion", [Occasion.BOOKED, Occasion.REMINDER])
def test_owner_is_told_of_a_client_without_an_address(booking: Booking, occasion: Occasion) -> None:
    Booking.objects.update(client_email="")
    Calendar.objects.update(owner_mails=list(Occasion), client_mails=list(Occasion))
    told = {
        party: not is_dropped(
            MailFactory.create(booking=booking, occasion=occasion, recipient=party)
        )
        for party in Party
    }
    assert told == {Party.CLIENT: False, Party.OWNER: True}


@pytest.mark.parametrize("wanting", Party)
def test_reminder_asks_for_the_wishes_of_its_own_reader(booking: Booking, wanting: Party) -> None:
    wishes = {Party.CLIENT: "client_mails", Party.OWNER: "owner_mails"}
    Calendar.objects.update(
        **{
            field: [Occasion.REMINDER] if party == wanting else []
            for party, field in wishes.items()
        }
    )
    for party in Party:
        mail = MailFactory.create(booking=booking, occasion=Occasion.REMINDER, recipient=party)
        assert is_dropped(mail) == (party != wanting)


# Each booking for itself


def test_email_of_another_booking_overtakes_nothing(booking: Booking) -> None:
    Booking.objects.update(sequence=1)
    mail = MailFactory.create(booking=booking)
    other = BookingFactory.create(calendar=booking.calendar, starts_at=booking.starts_at + 9 * HOUR)
    later = {"sequence": 1, "occasion": Occasion.RESCHEDULED, "done_at": now()}
    MailFactory.create(booking=other, **later)
    assert not is_dropped(mail)
    MailFactory.create(booking=booking, **later)
    assert is_dropped(mail)


def test_email_to_the_other_reader_overtakes_nothing(booking: Booking) -> None:
    Booking.objects.update(sequence=1)
    mail = MailFactory.create(booking=booking)
    MailFactory.create(booking=booking, recipient=Party.OWNER, sequence=1, done_at=now())
    assert not is_dropped(mail)


# What sets it right


ENDS: dict[str, Callable[[], dict[str, datetime]]] = {
    "failed": lambda: {"failed_at": now()},
    "dropped": lambda: {"dropped_at": now()},
}


@pytest.mark.parametrize("end", ENDS)
def test_only_a_waiting_email_will_tell_of_the_cancellation(booking: Booking, end: str) -> None:
    """An email of a cancelled booking may go only if the one of the cancellation follows."""
    Booking.objects.update(cancelled_at=now(), sequence=1)
    mail = MailFactory.create(booking=booking)
    later = MailFactory.create(booking=booking, sequence=1, occasion=Occasion.CANCELLED)
    assert not is_dropped(mail)
    Mail.objects.filter(pk=later.pk).update(**ENDS[end]())
    assert is_dropped(mail)


@pytest.mark.parametrize("end", ENDS)
def test_late_email_tells_the_present_time_if_no_other_will(booking: Booking, end: str) -> None:
    mail = MailFactory.create(booking=booking)
    told = mail.starts_at
    booking.starts_at, booking.ends_at = booking.starts_at + HOUR, booking.ends_at + HOUR
    booking.sequence = 1
    later = MailFactory.create(booking=booking, sequence=1, occasion=Occasion.RESCHEDULED)
    mail.booking = booking
    assert brought_up_to_date(mail).starts_at == told
    Mail.objects.filter(pk=later.pk).update(**ENDS[end]())
    late = brought_up_to_date(mail)
    assert (late.starts_at, late.ends_at) == (booking.starts_at, booking.ends_at)
    assert late.sequence == 1


def test_email_of_a_cancelled_booking_keeps_the_time_that_it_tells(booking: Booking) -> None:
    mail = MailFactory.create(booking=booking)
    told = mail.starts_at
    booking.starts_at, booking.sequence, booking.cancelled_at = now(), 1, now()
    mail.booking = booking
    assert (brought_up_to_date(mail).starts_at, mail.sequence) == (told, 0)
