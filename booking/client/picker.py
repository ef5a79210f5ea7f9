"""What the booking page shows, worked out from the offer and the page's address. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.times.slots import TICK, Offer, group_by_date
from calendars.kit.datetext import date_text, days_into_week, joined, time_text, weekday_columns
from calendars.kit.languages import Customs, current_customs
from calendars.kit.walltime import day_start, local_date, occurs_twice
from calendars.kit.zones import city_of

DAY = timedelta(days=1)
# Where on earth every date ends last.
LAST_ZONE = ZoneInfo("Etc/GMT+12")
NEXT_TIMES = 3
FRESH_TIMES = 6


@dataclass(frozen=True)
class View:
    """Who looks: the client's zone and clock, and what of both must go along in every address."""

    now: datetime
    zone: ZoneInfo
    clock: str
    kept: Mapping[str, str]

    def url(self, **state: str) -> str:
        """The page's own address with this state, of which nothing needs to be quoted."""
        texts = {**self._kept_texts, **state}
        return f"?{'&'.join(f'{name}={text}' for name, text in texts.items())}"

    @cached_property
    def customs(self) -> Customs:
        """Whose words these are; asked once, for a page has dozens of times."""
        return current_customs()

    @cached_property
    def _kept_texts(self) -> dict[str, str]:
        return {name: quote(value, safe=":/") for name, value in self.kept.items()}

    def time(self, instant: datetime) -> str:
        """Such as "09:00"; of an hour that comes twice, such as "02:00 UTC+2"."""
        local = instant.astimezone(self.zone)
        text = self._clock_text(local)
        return f"{text} {_offset_text(local)}" if occurs_twice(local) else text

    def date(self, instant: datetime) -> str:
        return date_text(instant.astimezone(self.zone), "MMMMEEEEd")

    def full_date(self, instant: datetime) -> str:
        return date_text(instant.astimezone(self.zone), "yMMMMEEEEd")

    def times(self, start: datetime, end: datetime) -> str:
        both = [instant.astimezone(self.zone) for instant in (start, end)]
        texts = [self._clock_text(local) for local in both]
        if not any(map(occurs_twice, both)):
            return "–".join(texts)
        offsets = [_offset_text(local) for local in both]
        if offsets[0] == offsets[1]:
            return f"{'–'.join(texts)} {offsets[0]}"
        # Isolated, or an offset would draw the time after it to its own side in Arabic.
        each = zip(texts, offsets, strict=True)
        return "–".join(f"\u2068{text} {offset}\u2069" for text, offset in each)

    def _clock_text(self, local: datetime) -> str:
        return time_text(local, self.clock, self.customs)

    @property
    def offset(self) -> str:
        """Such as "UTC+5:30", as it is now."""
        return self.offset_at(self.now)

    def offset_at(self, *instants: datetime) -> str:
        """That of each; on a day of two, such as "UTC+2 / UTC+1"."""
        texts = (_offset_text(instant.astimezone(self.zone)) for instant in instants)
        return " / ".join(dict.fromkeys(texts))

    @property
    def zone_name(self) -> str:
        return city_of(self.zone.key)

    def other_clock_url(self, state: Mapping[str, str]) -> str:
        return self.url(**state, clock="12" if self.clock == "24" else "24")


def _offset_text(local: datetime) -> str:
    minutes = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


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
    offer: Offer, view: View, *, month: date | None = None, day: date | None = None
) -> Picker:
    """The picker of `month` (its first date), with the times of `day` if that has any.

    Without a month it is that of the first free slot. A month outside the booking window becomes
    the nearest one inside.
    """
    next_times = offer.search(offer.now, NEXT_TIMES)
    today = local_date(offer.now, view.zone)
    first_month, last_month = today.replace(day=1), _last_date(offer, view).replace(day=1)
    if month is None:
        month = local_date(next_times[0], view.zone).replace(day=1) if next_times else first_month
    month = min(max(month, first_month), last_month)
    month_end = day_start(following_month(month), view.zone)
    slots = offer.slots(day_start(month, view.zone), month_end)
    by_date = group_by_date(slots, view.zone)
    if day not in by_date:
        day = next(iter(by_date), None)
    times = by_date.get(day, []) if day else []
    shown = times or next_times or [offer.now]
    state = {"day": day.isoformat()} if day else {"month": f"{month:%Y-%m}"}
    return Picker(
        state=state,
        clock_url=view.other_clock_url(state),
        offset=view.offset_at(shown[0], shown[-1]),
        month_name=date_text(month, "yMMMM"),
        weekdays=weekday_columns(),
        weeks=_weeks(month, by_date, day, today, view),
        earlier_url=view.url(month=f"{month - DAY:%Y-%m}") if month > first_month else "",
        later_url=view.url(month=f"{following_month(month):%Y-%m}") if month < last_month else "",
        date_name=view.date(by_date[day][0]) if day else "",
        slots=[_slot(slot, view, view.time(slot)) for slot in times],
        next_slots=[_slot(slot, view, _near_label(slot, view, today)) for slot in next_times],
        next_free=_next_free((offer.search(month_end, 1) or next_times)[0], view)
        if next_times and not slots
        else None,
    )


def _last_date(offer: Offer, view: View) -> date:
    """The last of the client's dates that may be booked: two after the calendar's, at most."""
    end = day_start(offer.last_date + DAY, offer.schedule.zone)
    return local_date(end - TICK, view.zone)


def fresh_slots(offer: Offer, view: View, *, near: datetime) -> list[Slot]:
    """A few other times for a client whose slot is gone: the nearest of its date, or the next."""
    date_ = local_date(near, view.zone)
    same_date = offer.slots(day_start(date_, view.zone), day_start(date_ + DAY, view.zone))
    nearest = sorted(same_date, key=lambda slot: abs(slot - near))[:FRESH_TIMES]
    today = local_date(offer.now, view.zone)
    return [
        _slot(slot, view, _near_label(slot, view, today))
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
    view: View,
) -> list[list[Day | None]]:
    """The client's weeks, without those wholly past for everyone; None stands outside the month.

    If each zone dropped its own, all below would move when that of the browser is swapped in.
    """
    earliest = local_date(view.now, LAST_ZONE)
    last = following_month(month) - DAY
    start = month - days_into_week(month) * DAY
    weeks = []
    while start <= last:
        if start + 6 * DAY >= earliest:
            dates = [start + n * DAY for n in range(7)]
            weeks.append(
                [
                    _day(date_, by_date.get(date_, []), date_ == chosen, date_ == today, view)
                    if month <= date_ <= last
                    else None
                    for date_ in dates
                ]
            )
        start += 7 * DAY
    return weeks


def _day(date_: date, slots: list[datetime], is_chosen: bool, is_today: bool, view: View) -> Day:
    if not slots:
        return Day(date_.day, is_today=is_today)
    label = _free_label(date_, len(slots), view.customs)
    return Day(date_.day, label, view.url(day=date_.isoformat()), is_chosen, is_today)


@lru_cache(maxsize=4096)
def _free_label(date_: date, count: int, customs: Customs) -> str:
    """Such as "Tuesday 24 November, 7 times free", by the `customs` that are the current ones."""
    free = ngettext("%(count)d time free", "%(count)d times free", count) % {"count": count}
    return joined(date_text(date_, "MMMMEEEEd"), free)


def _slot(slot: datetime, view: View, label: str) -> Slot:
    return Slot(slot, label, view.url(at=instant_text(slot)))


def _near_label(slot: datetime, view: View, today: date) -> str:
    """Such as "Tomorrow, Tue 24 Nov, 09:00"."""
    date_ = local_date(slot, view.zone)
    name = date_text(date_, "MMMEd")
    near = {today: _("Today"), today + DAY: _("Tomorrow")}.get(date_)
    return joined(*filter(None, (near, name, view.time(slot))))


def _next_free(slot: datetime, view: View) -> Slot:
    url = view.url(day=local_date(slot, view.zone).isoformat())
    return Slot(slot, view.date(slot), url)
