"""The emails about bookings as a kind of delivery."""

from datetime import datetime

from django.conf import settings
from django.utils import timezone

from booking.acts.announce import wants_client_mail, wants_owner_mail
from booking.delivery.mail.compose import compose
from booking.delivery.mail.story import TELLING_OF_A_CHANGE
from booking.models import Mail, MailQuerySet, Party
from calendars.models import Occasion
from calendars.outbox.leases import release_confirmed
from calendars.outbox.mailbox import OwnedEmail
from calendars.outbox.postman import EmailKind
from calendars.throttling.recipients import mailbox_of
from calendars.throttling.throttle import count


class BookingMails(EmailKind[Mail]):
    """Emails that tell the client and the owner about a booking."""

    def deliveries(self) -> MailQuerySet:
        return Mail.objects.all()

    def facts(self) -> MailQuerySet:
        return self.deliveries().select_related(
            "booking__calendar", "booking__host", "booking__one_time_link"
        )

    def describe(self, delivery: Mail) -> str:
        reader = f"to the {delivery.recipient} of booking {delivery.booking_id}"
        return f"Email {delivery.pk} ({delivery.occasion}, {reader})"

    def is_untrue(self, delivery: Mail, *, now: datetime) -> bool:
        return is_untrue(delivery, now=now)

    def is_unconfirmed(self, delivery: Mail) -> bool:
        return not delivery.booking.host.is_confirmed

    def count(self, delivery: Mail) -> None:
        if delivery.recipient == Party.CLIENT and (
            settings.SIGN_UP_OPEN or not is_by_owner(delivery)
        ):
            count(emails_per_recipient=mailbox_of(delivery.booking.client_email))

    def compose(self, delivery: Mail) -> OwnedEmail:
        return compose(brought_up_to_date(delivery))


def release_mails() -> None:
    """Let the emails go whose owner has confirmed their address since."""
    release_confirmed(Mail.objects.of_confirmed_owners(), now=timezone.now())


def is_by_owner(mail: Mail) -> bool:
    """Return whether the owner's own act has the email sent, and not that of a stranger."""
    if mail.occasion in TELLING_OF_A_CHANGE:
        return mail.booking.changes.filter(sequence=mail.sequence, by=Party.OWNER).exists()
    return mail.booking.made_by_owner


def is_untrue(mail: Mail, *, now: datetime) -> bool:
    """Return whether the email must not be sent: it is out of date, or has no address to go to."""
    if mail.recipient == Party.CLIENT and not mail.booking.client_email:
        return True
    if mail.occasion == Occasion.REMINDER:
        return not is_worth_reminding(mail, now=now)
    return is_overtaken(mail)


def is_worth_reminding(mail: Mail, *, now: datetime) -> bool:
    """Return whether a reminder should still be sent.

    If two are due at once, because no worker was running, only the later one is sent.
    """
    booking = mail.booking
    wants = wants_client_mail if mail.recipient == Party.CLIENT else wants_owner_mail
    later = booking.mails.filter(
        occasion=Occasion.REMINDER, recipient=mail.recipient, sequence=mail.sequence
    )
    return (
        booking.is_live
        and booking.sequence == mail.sequence
        and wants(booking.calendar, Occasion.REMINDER)
        and not later.filter(due_at__gt=mail.due_at, due_at__lte=now, failed_at=None).exists()
    )


def is_overtaken(mail: Mail) -> bool:
    """Return whether the booking has changed since, so that the email would mislead its reader.

    It would if they got an email about a later change already: "booked for nine" would contradict
    the "moved to ten" that they have read. It also would if the booking was cancelled and no
    waiting email says so, as when the calendar sends none for cancellations.
    """
    if mail.sequence == mail.booking.sequence:
        return False
    if later_mails(mail).exclude(done_at=None).exists():
        return True
    return not mail.booking.is_live and not is_set_right(mail)


def is_set_right(mail: Mail) -> bool:
    """Return whether a waiting email will tell the same person what has changed since."""
    return later_mails(mail).waiting().exclude(occasion=Occasion.REMINDER).exists()


def later_mails(mail: Mail) -> MailQuerySet:
    return Mail.objects.filter(
        booking=mail.booking, recipient=mail.recipient, sequence__gt=mail.sequence
    )


def brought_up_to_date(mail: Mail) -> Mail:
    """Return the email, with the booking's present time if no other email will tell it.

    Without this, a reader who gets emails about bookings but not about moves would never learn
    that this booking was moved.
    """
    booking = mail.booking
    if mail.sequence < booking.sequence and booking.is_live and not is_set_right(mail):
        mail.starts_at, mail.ends_at = booking.starts_at, booking.ends_at
        mail.sequence = booking.sequence
    return mail
