"""Samples of a calendar's emails, with a made-up booking, for the owner to look at."""

from datetime import datetime, time, timedelta

from django.core.mail import EmailMessage, get_connection
from django.utils.translation import gettext as _

from booking.acts.announce import wants_client_mail, wants_owner_mail
from booking.delivery.mail.compose import compose_sample
from booking.delivery.mail.story import TELLING_OF_A_CHANGE
from booking.models import Booking, Change, Mail, Party
from booking.times.rules import rules_for
from calendars.kit.languages import speaking
from calendars.kit.walltime import first_instant, local_date
from calendars.models import Calendar, Occasion

# The timeout in seconds of each step with the mail server, because the owner waits for the page.
PATIENCE = 5
DAY = timedelta(days=1)


def send_samples(calendar: Calendar, occasion: Occasion, *, now: datetime) -> list[Party]:
    """Send the owner the emails of `calendar` for `occasion`, and return whose emails they are.

    Nothing is saved. Raises whatever goes wrong with the mail server.
    """
    wants = {Party.CLIENT: wants_client_mail, Party.OWNER: wants_owner_mail}
    parties = [party for party in Party if wants[party](calendar, occasion)]
    mails = [_compose(calendar, occasion, party, now) for party in parties]
    get_connection(timeout=PATIENCE).send_messages(mails)
    return parties


def _compose(
    calendar: Calendar, occasion: Occasion, recipient: Party, now: datetime
) -> EmailMessage:
    with speaking(calendar.owner.language):
        booking = _booking(calendar, now)
        message = _("This is what a message looks like.")
    mail = Mail(
        booking=booking,
        occasion=occasion,
        recipient=recipient,
        sequence=1,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        due_at=now,
    )
    change = None
    if occasion in TELLING_OF_A_CHANGE:
        change = Change(act=occasion, by=Party.CLIENT, at=now, message=message)
    if change and occasion == Occasion.RESCHEDULED:
        change.moved_from, change.moved_to = booking.starts_at - DAY, booking.starts_at
    return compose_sample(mail, change)


def _booking(calendar: Calendar, now: datetime) -> Booking:
    """Return a made-up booking for the day after tomorrow at ten. Its links lead nowhere."""
    day = local_date(now, calendar.zone) + 2 * DAY
    start = first_instant(datetime.combine(day, time(10)), calendar.zone)
    return Booking(
        pk=0,
        calendar=calendar,
        host=calendar.owner,
        starts_at=start,
        ends_at=start + rules_for(calendar).duration,
        client_name=_("Alex Example"),
        client_email="alex@example.com",
        client_time_zone=calendar.time_zone,
        client_language=calendar.owner.language,
        answers=[
            {"question": question["label"], "answer": _("An answer")}
            for question in calendar.questions
        ],
    )
