"""What the booking page shows, worked out from the offer and the page's address. Pure."""

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
# Where on earth every date ends last.
LAST_ZONE = ZoneInfo("Etc/GMT+12")
NEXT_TIMES = 3
FRESH_TIMES = 6


@dataclass(frozen=True)
class Viewer(Reader):
    """Who looks at the page, and what of zone and clock must go along in every address."""

    kept: Mapping[str, str]

    def url(self, **state: str) -> str:
        """The page's own address with this state, of which nothing needs to be quoted."""
        texts = {**self._kept_texts, **state}
        return f"?{'&'.join(f'{name}={text}' for name, text in texts.items())}"

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
    """A date of the month; `url` is empty where nothing is free."""

    number: int
    label: str = ""
    url: str = ""
    is_chosen: bool = False
    is_today: bool = False


@dataclass(frozen=True)
class Picker:
    """The month, the times of the chosen date, and the next times of all.

    `state` is what an address says to come here again; `clock_url` does so with the other clock.
    `offset` is the zone's at the times of the chosen date.
    """

    state: dict[str, str]
    clock_url: str
    offset: str
    month_name: str
    weekdays: list[tuple[str, str]]
    weeks: list[list[Day | None]]
    earlier_url: str
    later_url: str
    date_name: str
    slots: list[Slot]
    next_slots: list[Slot]
    next_free: Slot | None


def instant_text(instant: datetime) -> str:
    """As addresses and forms carry it."""
    return f"{instant.astimezone(UTC).isoformat(timespec='minutes')[:16]}Z"


def build_picker(
    offer: Offer, viewer: Viewer, *, month: date | None = None, day: date | None = None
) -> Picker:
    """Return the picker of `month` (its first date), with the times of `day` if that has any.

    Without a month it is that of the first free slot. A month outside the booking window becomes
    the nearest one inside.
    """
    next_times = offer.search(offer.now, NEXT_TIMES)
    shown = _find_month(offer, viewer, month, next_times)
    by_date = group_by_date(offer.slots(*_span_of(shown.start, viewer)), viewer.zone)
    if day not in by_date:
        day = next(iter(by_date), None)
    times = by_date[day] if day else []
    today = local_date(offer.now, viewer.zone)
    state = {"day": day.isoformat()} if day else {"month": _month_text(shown.start)}
    return Picker(
        state=state,
        clock_url=viewer.other_clock_url(state),
        offset=_offset_of(times or next_times or [offer.now], viewer),
        month_name=date_text(shown.start, "yMMMM"),
        weekdays=weekday_columns(),
        weeks=_weeks(shown.start, by_date, day, today, viewer),
        earlier_url=viewer.url(month=_month_text(shown.earlier)) if shown.earlier else "",
        later_url=viewer.url(month=_month_text(shown.later)) if shown.later else "",
        date_name=viewer.date(times[0]) if times else "",
        slots=[_slot(slot, viewer, viewer.time(slot)) for slot in times],
        next_slots=[_slot(slot, viewer, _near_label(slot, viewer, today)) for slot in next_times],
        next_free=None if by_date else _next_free(offer, viewer, shown.start, next_times),
    )


class ShownMonth(NamedTuple):
    """The month that is shown and those beside it that can be booked, each by its first date."""

    start: date
    earlier: date | None
    later: date | None


def _find_month(
    offer: Offer, viewer: Viewer, wanted: date | None, next_times: Sequence[datetime]
) -> ShownMonth:
    """Return the month `wanted`, else that of the next times, within those that can be booked."""
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
    """Return the first free slot after `month`, which has none, else the first of all; by date."""
    if not next_times:
        return None
    _start, end = _span_of(month, viewer)
    slot = (offer.search(end, 1) or next_times)[0]
    url = viewer.url(day=local_date(slot, viewer.zone).isoformat())
    return Slot(slot, viewer.date(slot), url)


def _span_of(month: date, viewer: Viewer) -> Interval:
    """Return from when until when `month` lasts for the viewer."""
    return Interval(*(day_start(day, viewer.zone) for day in (month, following_month(month))))


def _offset_of(times: Sequence[datetime], viewer: Viewer) -> str:
    return viewer.offset_at(times[0], times[-1])


def _month_text(month: date) -> str:
    """As addresses carry it."""
    return f"{month:%Y-%m}"


def _last_date(offer: Offer, viewer: Viewer) -> date:
    """The last of the client's dates that may be booked: two after the calendar's, at most."""
    end = day_start(offer.last_date + DAY, offer.schedule.zone)
    return local_date(end - TICK, viewer.zone)


def fresh_slots(offer: Offer, viewer: Viewer, *, near: datetime) -> list[Slot]:
    """A few other times for a client whose slot is gone: the nearest of its date, or the next."""
    date_ = local_date(near, viewer.zone)
    same_date = offer.slots(day_start(date_, viewer.zone), day_start(date_ + DAY, viewer.zone))
    nearest = sorted(same_date, key=lambda slot: abs(slot - near))[:FRESH_TIMES]
    today = local_date(offer.now, viewer.zone)
    return [
        _slot(slot, viewer, _near_label(slot, viewer, today))
        for slot in sorted(nearest) or offer.search(offer.now, FRESH_TIMES)
    ]


def following_month(month: date) -> date:
    """The first of the month after that of the first `month`."""
    return (month + 31 * DAY).replace(day=1)


def _weeks(
    month: date,
    by_date: Mapping[date, list[datetime]],
    chosen: date | None,
    today: date,
    viewer: Viewer,
) -> list[list[Day | None]]:
    """The client's weeks, without those wholly past for everyone; None stands outside the month.

    If each zone dropped its own, all below would move when that of the browser is swapped in.
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
    return Day(date_.day, label, viewer.url(day=date_.isoformat()), is_chosen, is_today)


@lru_cache(maxsize=4096)
def _free_label(date_: date, count: int, customs: Customs) -> str:
    """Such as "Tuesday 24 November, 7 times free", by the `customs` that are the current ones."""
    free = ngettext("%(count)d time free", "%(count)d times free", count) % {"count": count}
    return joined(date_text(date_, "MMMMEEEEd"), free)


def _slot(slot: datetime, viewer: Viewer, label: str) -> Slot:
    return Slot(slot, label, viewer.url(at=instant_text(slot)))


def _near_label(slot: datetime, viewer: Viewer, today: date) -> str:
    """Such as "Tomorrow, Tue 24 Nov, 09:00"."""
    date_ = local_date(slot, viewer.zone)
    name = date_text(date_, "MMMEd")
    near = {today: _("Today"), today + DAY: _("Tomorrow")}.get(date_)
    return joined(*filter(None, (near, name, viewer.time(slot))))
