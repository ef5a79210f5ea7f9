"""Nothing is sent in the name of an owner who has not confirmed their email; bookings stand."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from limits import parse_many
from pytest_django.asserts import assertContains, assertNotContains

from booking.delivery.mail.kind import BookingMails, release_mails
from booking.delivery.worker import ALL_JOBS, Worker
from booking.models import Booking, Mail, Party
from calendars.accounts.confirmation import confirm_email, make_confirmation_token
from calendars.models import Calendar, Occasion, Owner
from calendars.outbox.handover import Outcome
from tests.booking.conftest import PUBLIC
from tests.support.booking.delivering import deliver_all
from tests.support.booking.sending import send
from tests.support.database.queries import at_most_queries
from tests.support.servers.smtp import Postbox
from tests.support.world.factories import BookingFactory, MailFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NOTIFICATIONS = "/calendars/discovery-call/notifications/"


@pytest.fixture
def unconfirmed(olive: Owner) -> Owner:
    olive.unconfirmed_email = olive.email
    olive.save()
    return olive


def confirm(owner: Owner) -> None:
    confirm_email(owner=owner, token=make_confirmation_token(owner))


def test_emails_wait_and_are_sent_once_confirmed(
    calendar: Calendar, unconfirmed: Owner, client: Client, postbox: Postbox, kind: BookingMails
) -> None:
    with time_machine.travel("2026-11-22T12:00Z", tick=False):
        assert send(client, PUBLIC).status_code == 303
    booking = Booking.objects.get()
    assert client.get(booking.get_absolute_url()).status_code == 200
    with time_machine.travel("2026-11-22T13:00Z", tick=False):
        assert deliver_all(kind) == [Outcome.UNCONFIRMED] * 2
        # They cost no try, and the worker does not look at them again.
        assert set(Mail.objects.unconfirmed().values_list("tries", "lease", "error")) == {
            (0, None, "")
        }
        assert not Mail.objects.overdue(at=timezone.now()).exists()
        release_mails()
        assert deliver_all(kind) == []
        assert postbox.received == []
        confirm(unconfirmed)
        release_mails()
        assert deliver_all(kind) == [Outcome.DONE] * 2
    assert {str(message["To"]) for message in postbox.received} == {
        *("Cleo Client <cleo@example.com>", "Olive Owner <olive@example.com>")
    }


def test_emails_of_others_go_on(
    mail: Mail, unconfirmed: Owner, sam: Owner, postbox: Postbox, kind: BookingMails
) -> None:
    other = BookingFactory.create(
        calendar__owner=sam, starts_at=timezone.now() + 48 * HOUR, client_email="sid@example.com"
    )
    MailFactory.create(booking=other, due_at=timezone.now() - HOUR)
    assert sorted(deliver_all(kind), key=str) == [Outcome.DONE, Outcome.UNCONFIRMED]
    release_mails()
    assert Mail.objects.unconfirmed().count() == 1


def test_owner_who_changes_a_confirmed_email_goes_on(
    mail: Mail, olive: Owner, postbox: Postbox, kind: BookingMails
) -> None:
    olive.unconfirmed_email = "new@example.com"
    olive.save()
    assert deliver_all(kind) == [Outcome.DONE]


def test_what_came_too_late_is_not_sent(
    mail: Mail, unconfirmed: Owner, postbox: Postbox, kind: BookingMails
) -> None:
    deliver_all(kind)
    confirm(unconfirmed)
    with time_machine.travel(mail.booking.ends_at + HOUR):
        release_mails()
        assert deliver_all(kind) == [Outcome.FAILED]
    assert postbox.received == []


def test_worker_releases_them_by_itself(
    mail: Mail, unconfirmed: Owner, postbox: Postbox, kind: BookingMails
) -> None:
    deliver_all(kind)
    confirm(unconfirmed)
    Worker([], ALL_JOBS, patience=5).work_off()
    assert deliver_all(kind) == [Outcome.DONE]


def test_looking_for_them_costs_one_query(mail: Mail, unconfirmed: Owner) -> None:
    with at_most_queries(1):
        release_mails()


def test_owner_sees_that_it_waits(
    mail: Mail, unconfirmed: Owner, signed_in: Client, kind: BookingMails
) -> None:
    deliver_all(kind)
    page = signed_in.get(f"/bookings/{mail.booking_id}/")
    assertContains(page, "waits until you confirm your email")
    notice = "Until then, you and your clients get no emails."
    assertContains(page, notice)
    confirm(unconfirmed)
    assertNotContains(signed_in.get(f"/bookings/{mail.booking_id}/"), notice)


def test_no_test_is_sent_to_an_address_that_may_be_a_strangers(
    calendar: Calendar, unconfirmed: Owner, signed_in: Client, postbox: Postbox
) -> None:
    form = {f"reminder_minutes:{index}:unit": "hours" for index in range(5)}
    form |= {"test": "1", "test_occasion": Occasion.BOOKED, "personal_line": "Claim your prize"}
    form |= {"client_mails:booked": "on", "owner_mails:booked": "on"}
    refused = signed_in.post(NOTIFICATIONS, form)
    assertContains(refused, "Confirm your email first.", status_code=409)
    assertContains(refused, "Claim your prize", status_code=409)
    assert postbox.received == []
    confirm(unconfirmed)
    assert signed_in.post(NOTIFICATIONS, form).status_code == 200
    assert len(postbox.received) == 2


# How often an owner writes to clients


@pytest.fixture
def limit(settings: Any) -> None:
    settings.LIMITS = {**settings.LIMITS, "bookings_per_owner": parse_many("2 per hour")}


def enter(client: Client, calendar: Calendar, hour: int) -> Any:
    day = (timezone.now() + 3 * 24 * HOUR).date().isoformat()
    form = {"calendar": calendar.pk, "date": day, "slot": "other", "time": f"{hour:02}:00"}
    form |= {"name": "Vic Tim", "email": "victim@example.com", "time_zone": "UTC"}
    return client.post("/bookings/new/", {**form, "token": f"{hour:022}"})


@pytest.mark.usefixtures("limit")
def test_owner_enters_bookings_up_to_a_limit(signed_in: Client, calendar: Calendar) -> None:
    assert [enter(signed_in, calendar, hour).status_code for hour in (9, 10)] == [302, 302]
    refused = enter(signed_in, calendar, 11)
    assertContains(refused, "Too many tries.", status_code=429)
    assertContains(refused, 'value="Vic Tim"', status_code=429)
    assert (
        Booking.objects.count()
        == Mail.objects.filter(occasion=Occasion.BOOKED, recipient=Party.CLIENT).count()
        == 2
    )


@pytest.mark.usefixtures("limit")
def test_moves_and_cancellations_count_too(
    signed_in: Client, calendar: Calendar, booking: Booking
) -> None:
    for hour in (9, 10):
        enter(signed_in, calendar, hour)
    day = (timezone.now() + 4 * 24 * HOUR).date().isoformat()
    move = {"date": day, "slot": "other", "time": "12:00", "sequence": "0", "message": "Look here"}
    address = f"/bookings/{booking.pk}/"
    refused = signed_in.post(f"{address}reschedule/", move)
    assertContains(refused, "Look here", status_code=429)
    refused = signed_in.post(f"{address}cancellation/", {"sequence": "0", "message": "Look here"})
    assertContains(refused, "Look here", status_code=429)
    assertContains(refused, "Too many tries.", status_code=429)
    booking.refresh_from_db()
    assert (booking.is_live, booking.sequence) == (True, 0)
