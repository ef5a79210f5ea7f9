"""The history of a booking in words: its changes, and the state of its emails."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from operator import attrgetter

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.models import Act, Booking, Change, Mail, Party
from booking.timewords import span_text
from calendars.kit.datetext import date_text
from calendars.kit.timetext import moment_text
from calendars.models import Occasion

ACTS = {
    Act.RESCHEDULED: Occasion.RESCHEDULED,
    Act.CANCELLED: Occasion.CANCELLED,
}


@dataclass(frozen=True)
class MailLine:
    """An email in words. `state` is "sent", "failed", "held", "unconfirmed", "planned" or "due"."""

    text: str
    state: str
    at: str
    problem: str = ""


@dataclass(frozen=True)
class Event:
    title: str
    by: str
    at: datetime
    time: str
    details: str = ""
    message: str = ""
    mails: Sequence[MailLine] = field(default=())


class History:
    """The history of a booking as of `now`, in its calendar's zone. It takes two queries."""

    def __init__(self, booking: Booking, *, now: datetime) -> None:
        self.booking, self.now = booking, now
        self.zone = booking.calendar.zone

    @cached_property
    def events(self) -> list[Event]:
        """Return the events, the latest first."""
        return [*(self._changed(each) for each in reversed(self._changes)), self._booked()]

    @cached_property
    def reminders(self) -> list[MailLine]:
        """Return the reminders, sent, failed or still to come, in order of time."""
        return self._lines(mail for mail in self._mails if mail.occasion == Occasion.REMINDER)

    @cached_property
    def failed_mails(self) -> list[MailLine]:
        return self._lines(mail for mail in self._mails if mail.failed_at)

    @cached_property
    def may_send_again(self) -> bool:
        failed = (mail for mail in self._mails if mail.failed_at)
        return any(not mail.is_too_late(at=self.now) for mail in failed)

    @cached_property
    def _changes(self) -> list[Change]:
        return list(self.booking.changes.all())

    @cached_property
    def _mails(self) -> list[Mail]:
        mails = self.booking.mails.filter(dropped_at=None)
        for mail in mails:
            mail.booking = self.booking
        return sorted(mails, key=attrgetter("due_at", "pk"))

    def _booked(self) -> Event:
        booking = self.booking
        if booking.made_by_owner:
            title, by = _("Entered"), _("by you")
        else:
            title, by = _("Booked"), _("by %(name)s") % {"name": booking.shown_name}
        mails = self._lines(mail for mail in self._mails if mail.occasion == Occasion.BOOKED)
        at = booking.created_at
        return Event(title, by, at, self._moment(at), mails=mails)

    def _changed(self, change: Change) -> Event:
        occasion = ACTS.get(Act(change.act))
        return Event(
            title=change.get_act_display(),
            by=_("by you")
            if change.by == Party.OWNER
            else _("by %(name)s") % {"name": self.booking.shown_name},
            at=change.at,
            time=self._moment(change.at),
            details=self._move(change),
            message=change.message,
            mails=self._lines(
                mail
                for mail in self._mails
                if mail.occasion == occasion and mail.sequence == change.sequence
            ),
        )

    def _move(self, change: Change) -> str:
        if change.moved_from is None or change.moved_to is None:
            return ""
        times = {
            "before": self._moment(change.moved_from),
            "after": self._moment(change.moved_to),
        }
        return _("from %(before)s to %(after)s") % times

    def _lines(self, mails: Iterable[Mail]) -> list[MailLine]:
        return [self._line(mail) for mail in mails]

    def _line(self, mail: Mail) -> MailLine:
        if mail.recipient == Party.OWNER:
            text = _("Email to you")
        else:
            text = _("Email to %(name)s") % {"name": self.booking.shown_name}
        if mail.done_at:
            return MailLine(text, "sent", self._moment(mail.done_at))
        if mail.failed_at:
            return MailLine(text, "failed", self._moment(mail.failed_at), mail.error)
        if mail.is_held:
            return MailLine(text, "held", self._moment(mail.due_at))
        if mail.is_unconfirmed:
            return MailLine(text, "unconfirmed", self._moment(mail.due_at))
        if mail.tries and mail.error:
            tries = ngettext("%(count)d try failed", "%(count)d tries failed", mail.tries)
            problem = f"{tries % {'count': mail.tries}}: {mail.error}"
            return MailLine(text, "due", self._moment(mail.next_try_at), problem)
        state = "planned" if mail.due_at > self.now else "due"
        return MailLine(text, state, self._moment(mail.due_at))

    def _moment(self, instant: datetime) -> str:
        return moment_text(instant, self.zone, self.now, weekday=True)


def when_text(booking: Booking) -> str:
    """Return a text such as "Tue 24 Nov 2026, 10:00–10:30", in the calendar's zone."""
    return span_text(booking.starts_at, booking.ends_at, booking.calendar.zone)


def erased_on(booking: Booking) -> str:
    """Return the date on which the client was erased, in the calendar's zone; empty if never."""
    if booking.erased_at is None:
        return ""
    return date_text(booking.erased_at.astimezone(booking.calendar.zone), "yMMMEd")
