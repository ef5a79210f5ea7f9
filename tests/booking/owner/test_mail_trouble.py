"""Owners and staff see emails that failed or wait too long, and have them sent again."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.delivery.mail.kind import BookingMails
from booking.models import Booking, Mail
from calendars.models import Calendar, Occasion, Owner
from calendars.outbox.handover import Outcome
from calendars.outbox.leases import try_again
from tests.support.booking.delivering import deliver_all
from tests.support.pages.parsing import shows, text_of, words_of
from tests.support.servers.machine import free_port
from tests.support.servers.smtp import use_server
from tests.support.world.factories import BookingFactory, MailFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def olives(client: Client, olive: Owner) -> Client:
    client.force_login(olive)
    return client


def test_failed_email_is_shown_and_sent_again(olives: Client, booking: Booking) -> None:
    now = timezone.now()
    error = "The mail server refuses the recipient: 550 No such user"
    failed = MailFactory.create(booking=booking, failed_at=now, tries=30, error=error)
    page = text_of(olives.get(f"/bookings/{booking.pk}/"))
    assert "An email could not be sent" in page
    assert error in page
    response = olives.post(f"/bookings/{booking.pk}/mail-tries/", follow=True)
    assert "The email is sent again." in text_of(response)
    assert "could not be sent" not in text_of(response)
    failed.refresh_from_db()
    assert (failed.failed_at, failed.tries) == (None, 0)
    assert failed.next_try_at >= now


def test_staff_see_which_email_failed_and_why(olives: Client, booking: Booking) -> None:
    Owner.objects.update(is_staff=True, is_superuser=True)
    error = "The mail server refuses the recipient: 550 No such user"
    failed = MailFactory.create(booking=booking, failed_at=timezone.now(), tries=30, error=error)
    MailFactory.create(booking=booking, sequence=1, done_at=timezone.now())
    mails = "/admin/booking/mail/"
    listed = olives.get(f"{mails}?failed_at__isempty=0")
    assert [mail.pk for mail in listed.context["cl"].queryset] == [failed.pk]
    for page in (listed, olives.get(f"{mails}{failed.pk}/change/")):
        assert error in text_of(page)


def test_list_leads_to_bookings_with_failed_emails(
    client: Client, booking: Booking, olive: Owner, sam: Owner
) -> None:
    now = timezone.now()
    long_ago = now - timedelta(days=9)
    over = BookingFactory.create(calendar=booking.calendar, starts_at=long_ago, client_name="Over")
    fine = BookingFactory.create(calendar=booking.calendar, client_name="Fine")
    for each in (booking, over):
        MailFactory.create(booking=each, failed_at=now)
    MailFactory.create(booking=booking, sequence=1, failed_at=now)
    MailFactory.create(booking=fine, done_at=now)
    client.force_login(olive)
    said = f'Look at the booking of <a href="/bookings/{booking.pk}/">Cleo Client</a>'
    assert shows(words_of(client.get("/bookings/?show=past")), said)
    Booking.objects.filter(pk=booking.pk).update(cancelled_at=now)
    MailFactory.create(booking=fine, sequence=1, failed_at=now)
    text = words_of(client.get("/bookings/"))
    assert "Emails could not be sent. Look at the bookings of" in text
    assert text.count("message--warning") == 1
    client.force_login(sam)
    assert "could not be sent" not in text_of(client.get("/bookings/"))


def test_email_that_comes_too_late_is_shown_and_not_sent_again(
    signed_in: Client, calendar: Calendar
) -> None:
    now = timezone.now()
    booking = BookingFactory.create(calendar=calendar, starts_at=now - timedelta(minutes=5))
    error = "It was too late to send it."
    fields = {"booking": booking, "failed_at": now, "error": error}
    late = MailFactory.create(occasion=Occasion.REMINDER, **fields)
    page = text_of(signed_in.get(f"/bookings/{booking.pk}/"))
    assert error in page
    assert "Send again" not in page
    other = MailFactory.create(**fields)
    assert "Send again" in text_of(signed_in.get(f"/bookings/{booking.pk}/"))
    signed_in.post(f"/bookings/{booking.pk}/mail-tries/")
    assert list(Mail.objects.failed()) == [late]
    assert list(Mail.objects.waiting()) == [other]


def test_stranger_sends_nothing_again(client: Client, booking: Booking, sam: Owner) -> None:
    failed = MailFactory.create(booking=booking, failed_at=timezone.now())
    client.force_login(sam)
    assert client.post(f"/bookings/{booking.pk}/mail-tries/").status_code == 404
    failed.refresh_from_db()
    assert failed.failed_at


def test_owner_is_told_of_emails_that_wait(
    client: Client, booking: Booking, olive: Owner, sam: Owner
) -> None:
    MailFactory.create(booking=booking, due_at=timezone.now() - timedelta(minutes=12))
    for owner, is_told in ((olive, True), (sam, False)):
        client.force_login(owner)
        assert ("waiting to be sent for 12" in text_of(client.get("/bookings/"))) == is_told


def test_mail_server_that_is_down_shows_after_ten_minutes(
    signed_in: Client, booking: Booking, settings: Any, kind: BookingMails
) -> None:
    """Owners are told although a next try is planned, and again when sending again fails too."""

    def is_told() -> bool:
        return "Emails have been waiting" in text_of(signed_in.get("/bookings/"))

    def try_in_vain() -> None:
        Mail.objects.update(next_try_at=timezone.now())
        assert deliver_all(kind) == [Outcome.WAITS_FOR_SERVER]

    use_server(settings, free_port())
    mail = MailFactory.create(booking=booking)
    try_in_vain()
    with time_machine.travel(mail.due_at + timedelta(minutes=9)):
        try_in_vain()
        assert not is_told()
    with time_machine.travel(mail.due_at + timedelta(minutes=11)):
        assert is_told()
        words = r"by 11 minutes\. The mail server cannot be reached"
        with pytest.raises(CommandError, match=words):
            call_command("work", "--check")
    with time_machine.travel(mail.due_at + timedelta(days=2)):
        Mail.objects.update(failed_at=timezone.now())
        assert not is_told()
        try_again(Mail.objects.all(), now=timezone.now())
        assert not is_told()
        try_in_vain()
        assert is_told()


def test_email_in_hand_is_not_overdue(booking: Booking) -> None:
    """After a worker's outage, an email may have been due for hours when it is sent at last."""
    now = timezone.now()
    MailFactory.create(
        booking=booking, due_at=now - timedelta(hours=1), next_try_at=now + timedelta(minutes=5)
    )
    assert not Mail.objects.overdue(at=now).exists()


def test_staff_send_failed_emails_again(
    client: Client, booking: Booking, django_user_model: Any
) -> None:
    staff = django_user_model.objects.create_superuser("staff@example.com", "x")
    failed = MailFactory.create(booking=booking, failed_at=timezone.now())
    sent = MailFactory.create(booking=booking, sequence=1, done_at=timezone.now())
    client.force_login(staff)
    data = {"action": "resend", "_selected_action": [failed.pk, sent.pk]}
    answer = client.post(reverse("admin:booking_mail_changelist"), data, follow=True)
    assert "1 email is sent again." in text_of(answer)
    failed.refresh_from_db()
    assert failed.failed_at is None
