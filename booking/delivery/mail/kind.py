"""Emails of bookings as a kind of delivery: which are untrue by now, and how they are composed."""

from datetime import datetime

from booking.acts.announce import wants_client_mail, wants_owner_mail
from booking.delivery.mail.compose import compose
from booking.models import Mail, MailQuerySet, Party
from calendars.models import Occasion
from calendars.outbox.mailbox import OwnedEmail
from calendars.outbox.postman import EmailKind


class BookingMails(EmailKind[Mail]):
    """Emails that tell client and owner of a booking."""

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

    def compose(self, delivery: Mail) -> OwnedEmail:
        return compose(brought_up_to_date(delivery))


def is_untrue(mail: Mail, *, now: datetime) -> bool:
    """Whether the email would tell what is not so any more."""
    if mail.recipient == Party.CLIENT and not mail.booking.client_email:
        return True
    if mail.occasion == Occasion.REMINDER:
        return not is_worth_reminding(mail, now=now)
    return is_overtaken(mail)


def is_worth_reminding(mail: Mail, *, now: datetime) -> bool:
    """Not of two reminders at once, after a worker's outage: only the later one is."""
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
    """Whether the same person has heard of a later change already, or will not hear of the end.

    To tell them now that they are booked for nine would take back that it is ten. And if the
    calendar's owner wants no emails for cancellations, nothing would set it right afterwards.
    """
    if mail.sequence == mail.booking.sequence:
        return False
    if later_mails(mail).exclude(done_at=None).exists():
        return True
    return not mail.booking.is_live and not is_set_right(mail)


def is_set_right(mail: Mail) -> bool:
    """Whether another email waits that will tell the same person of what changed since."""
    return later_mails(mail).waiting().exclude(occasion=Occasion.REMINDER).exists()


def later_mails(mail: Mail) -> MailQuerySet:
    return Mail.objects.filter(
        booking=mail.booking, recipient=mail.recipient, sequence__gt=mail.sequence
    )


def brought_up_to_date(mail: Mail) -> Mail:
    """With the booking's present time, if no other email will tell of it.

    Else somebody who shall hear of bookings, but not of moves, would not hear of this one at all.
    """
    booking = mail.booking
    if mail.sequence < booking.sequence and booking.is_live and not is_set_right(mail):
        mail.starts_at, mail.ends_at = booking.starts_at, booking.ends_at
        mail.sequence = booking.sequence
    return mail
