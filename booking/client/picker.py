"""The picker of the booking page, worked out from the offer and the address. Pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.times.slots import TICK, Offer, group_by_date
from booking.timewords import Reader
from calendars.kit.datetext import date_text, days_into_week, joined, weekday_columns
from calendars.kit.languages import Customs
from calendars.kit.walltime import day_start, local_date
from calendars.schedule import Interval

DAY = timedelta(days=1)
# The zone in which every date ends last.
LAST_ZONE = ZoneInfo("Etc/GMT+12")
NEXT_TIMES = 3
FRESH_TIMES = 6


@dataclass(frozen=True)
class Viewer(Reader):
    """The client who looks at the page, and the parts of its state that every address keeps."""

    kept: Mapping[str, str]

    def url(self, **state: str) -> str:
        """Return the page's own address with `state`, whose texts must not need quoting."""
        texts = {**self._kept_texts, **state}
        return f"?{'&'.join(f'{name}={text}' for name, text in texts.items())}"

    def day_url(self, day: date) -> str:
        return f"{self._before_day}{day.isoformat()}"

    def slot_url(self, slot: datetime) -> str:
        return f"{self._before_slot}{instant_text(slot)}"

    # A page has dozens of such addresses, which differ in their ends alone.
    @cached_property
    def _before_day(self) -> str:
        return self.url(day="")

    @cached_property
    def _before_slot(self) -> str:
        return self.url(at="")

    @cached_property
    def _kept_texts(self) -> dict[str, str]:
        return {name: quote(value, safe=":/") for name, value in self.kept.items()}

    def other_clock_url(self, state: Mapping[str, str]) -> str:
        return self.url(**state, clock="12" if self.clock == "24" else "24")


class Slot(NamedTuple):
    starts_at: datetime
    label: str
    url: str


class Day(NamedTuple):
    """A date of the month; `url` is empty if the date has no free slot."""

    number: int
    label: str = ""
    url: str = ""
    is_chosen: bool = False
    is_today: bool = False


@dataclass(frozen=True)
class DateTimes:
    """The free times of a date, and what else on the page changes when another date is chosen.

    `state` is the state of an address that leads to the same picker, and `clock_url` is that
    address with the other clock. `offset` is the zone's offset at the times. Without a date that
    has free times, `date_name` and `slots` are empty.
    """

    state: dict[str, str]
    clock_url: str
    offset: str
    date_name: str
    slots: list[Slot]


@dataclass(frozen=True)
class Picker:
    """A month, the times of the chosen date in it, and the next free times in any month."""

    times: DateTimes
    month_name: str
    weekdays: list[tuple[str, str]]
    weeks: list[list[Day | None]]
    earlier_url: str
    later_url: str
    next_slots: list[Slot]
    next_free: Slot | None


def instant_text(instant: datetime) -> str:
    """Return the instant as addresses and forms carry it, such as "2026-11-24T08:00Z"."""
    return f"{instant.astimezone(UTC).isoformat(timespec='minutes')[:16]}Z"


def build_picker(
    offer: Offer, viewer: Viewer, *, month: date | None = None, day: date | None = None
) -> Picker:
    """Return the picker of `month` (given by its first date), with the times of `day`.

    Without `month`, the picker shows the month of the first free slot. A month outside the booking
    window is replaced by the nearest one inside. If `day` has no free slot in the month, the first
    date that has one is chosen.
    """
    next_times = offer.search(offer.now, NEXT_TIMES)
    shown = _find_month(offer, viewer, month, next_times)
    by_date = group_by_date(offer.slots(*_span_of(shown.start, viewer)), viewer.zone)
    if day not in by_date:
        day = next(iter(by_date), None)
    today = local_date(offer.now, viewer.zone)
    return Picker(
        times=_times_of(day, by_date[day], viewer)
        if day
        else _no_times(shown.start, next_times or [offer.now], viewer),
        month_name=date_text(shown.start, "yMMMM"),
        weekdays=weekday_columns(),
        weeks=_weeks(shown.start, by_date, day, today, viewer),
        earlier_url=viewer.url(month=_month_text(shown.earlier)) if shown.earlier else "",
        later_url=viewer.url(month=_month_text(shown.later)) if shown.later else "",
        next_slots=[_slot(slot, viewer, _near_label(slot, viewer, today)) for slot in next_times],
        next_free=None if by_date else _next_free(offer, viewer, shown.start, next_times),
    )


def build_times(offer: Offer, viewer: Viewer, day: date) -> DateTimes | None:
    """Return the times of `day`, which `build_picker` would show, or None if none is free."""
    slots = offer.slots(day_start(day, viewer.zone), day_start(day + DAY, viewer.zone))
    return _times_of(day, slots, viewer) if slots else None


def _times_of(day: date, slots: Sequence[datetime], viewer: Viewer) -> DateTimes:
    state = {"day": day.isoformat()}
    return DateTimes(
        state=state,
        clock_url=viewer.other_clock_url(state),
        offset=_offset_of(slots, viewer),
        date_name=viewer.date(slots[0]),
        slots=[_slot(slot, viewer, viewer.time(slot)) for slot in slots],
    )


def _no_times(month: date, next_times: Sequence[datetime], viewer: Viewer) -> DateTimes:
    """Return what is shown for a `month` without a free time; the offset is of `next_times`."""
    state = {"month": _month_text(month)}
    return DateTimes(
        state=state,
        clock_url=viewer.other_clock_url(state),
        offset=_offset_of(next_times, viewer),
        date_name="",
        slots=[],
    )


class ShownMonth(NamedTuple):
    """The month that is shown, and its neighbours if they can be booked, by their first dates."""

    start: date
    earlier: date | None
    later: date | None


def _find_month(
    offer: Offer, viewer: Viewer, wanted: date | None, next_times: Sequence[datetime]
) -> ShownMonth:
    """Return the month `wanted`, or else the month of the next times.

    A month that cannot be booked is replaced by the nearest one that can.
    """
    first = local_date(offer.now, viewer.zone).replace(day=1)
    last = _last_date(offer, viewer).replace(day=1)
    if wanted is None:
        wanted = local_date(next_times[0], viewer.zone).replace(day=1) if next_times else first
    start = min(max(wanted, first), last)
    return ShownMonth(
        start=start,
        earlier=(start - DAY).replace(day=1) if start > first else None,
        later=following_month(start) if start < last else None,
    )


def _next_free(
    offer: Offer, viewer: Viewer, month: date, next_times: Sequence[datetime]
) -> Slot | None:
    """Return the first free slot after `month`, or the first of all if none comes after it.

    It is shown by its date. The caller has found that `month` itself has no free slot.
    """
    if not next_times:
        return None
    _start, end = _span_of(month, viewer)
    slot = (offer.search(end, 1) or next_times)[0]
    url = viewer.day_url(local_date(slot, viewer.zone))
    return Slot(slot, viewer.date(slot), url)


def _span_of(month: date, viewer: Viewer) -> Interval:
    """Return the interval of `month` in the viewer's zone."""
    return Interval(*(day_start(day, viewer.zone) for day in (month, following_month(month))))


def _offset_of(times: Sequence[datetime], viewer: Viewer) -> str:
    return viewer.offset_at(times[0], times[-1])


def _month_text(month: date) -> str:
    """Return the month as addresses carry it, such as "2026-11"."""
    return f"{month:%Y-%m}"


def _last_date(offer: Offer, viewer: Viewer) -> date:
    """Return the last date in the viewer's zone that may be booked.

    It is at most two dates after the last date in the calendar's own zone.
    """
    return local_date(offer.window_end - TICK, viewer.zone)


def fresh_slots(offer: Offer, viewer: Viewer, *, near: datetime) -> list[Slot]:
    """Return a few other slots for a client whose slot, at `near`, is gone.

    They are the nearest ones on its date, or the next ones of all if that date has none.
    """
    date_ = local_date(near, viewer.zone)
    same_date = offer.slots(day_start(date_, viewer.zone), day_start(date_ + DAY, viewer.zone))
    nearest = sorted(same_date, key=lambda slot: abs(slot - near))[:FRESH_TIMES]
    today = local_date(offer.now, viewer.zone)
    return [
        _slot(slot, viewer, _near_label(slot, viewer, today))
        for slot in sorted(nearest) or offer.search(offer.now, FRESH_TIMES)
    ]


def following_month(month: date) -> date:
    """Return the first date of the month after `month`, which is a first date, too."""
    return (month + 31 * DAY).replace(day=1)


def _weeks(
    month: date,
    by_date: Mapping[date, list[datetime]],
    chosen: date | None,
    today: date,
    viewer: Viewer,
) -> list[list[Day | None]]:
    """Return the month in weeks as the viewer's customs begin them; None is a date outside it.

    Only weeks that are past in every zone are left out. If those past in the viewer's zone were
    left out, the page would move when the script puts the browser's zone in place of another.
    """
    earliest = local_date(viewer.now, LAST_ZONE)
    last = following_month(month) - DAY
    start = month - days_into_week(month) * DAY
    weeks = []
    while start <= last:
        if start + 6 * DAY >= earliest:
            dates = [start + n * DAY for n in range(7)]
            weeks.append(
                [
                    _day(date_, by_date.get(date_, []), date_ == chosen, date_ == today, viewer)
                    if month <= date_ <= last
                    else None
                    for date_ in dates
                ]
            )
        start += 7 * DAY
    return weeks


def _day(
    date_: date, slots: list[datetime], is_chosen: bool, is_today: bool, viewer: Viewer
) -> Day:
    if not slots:
        return Day(date_.day, is_today=is_today)
    label = _free_label(date_, len(slots), viewer.customs)
    return Day(date_.day, label, viewer.day_url(date_), is_chosen, is_today)


@lru_cache(maxsize=4096)
def _free_label(date_: date, count: int, customs: Customs) -> str:
    """Return a text such as "Tuesday 24 November, 7 times free".

    `customs` are the current ones; they are a parameter for the cache alone.
    """
    free = ngettext("%(count)d time free", "%(count)d times free", count) % {"count": count}
    return joined(date_text(date_, "MMMMEEEEd"), free)


def _slot(slot: datetime, viewer: Viewer, label: str) -> Slot:
    return Slot(slot, label, viewer.slot_url(slot))


def _near_label(slot: datetime, viewer: Viewer, today: date) -> str:
    """Return a label such as "Tomorrow, Tue 24 Nov, 09:00"."""
    date_ = local_date(slot, viewer.zone)
    name = date_text(date_, "MMMEd")
    near = {today: _("Today"), today + DAY: _("Tomorrow")}.get(date_)
    return joined(*filter(None, (near, name, viewer.time(slot))))
