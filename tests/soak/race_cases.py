"""The races of 60 clients. Every case has an owner of its own, so that none disturbs another, and
yields what went wrong, in words.
"""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle, islice
from threading import Event

from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from booking.models import Booking
from booking.times.time_off import add_time_off
from calendars.models import Calendar
from calendars.rules import change_rules, replace_weekly_hours
from calendars.schedule import Hours
from onetime_links.models import OneTimeLink
from tests.soak.arena import (
    Arena,
    Form,
    differs,
    make_calendar,
    make_links,
    noon,
    page_of,
    shown,
    statuses,
)
from tests.support.races.volley import PATIENCE, Answer, post_as
from tests.support.world.factories import BookingFactory, OwnerFactory

CLIENTS = 60
HALF_HOUR = timedelta(minutes=30)
MINUTE = timedelta(minutes=1)
ANY = Q()

Case = Callable[[Arena], Iterator[str]]


def one_link_for_many_slots(arena: Arena) -> Iterator[str]:
    """One client books; the others are told that the link has been used."""
    [link] = make_links(make_calendar(), 1)
    address, first = link.get_absolute_url(), noon()
    forms = arena.open_forms([(address, first + n * HALF_HOUR) for n in range(CLIENTS)])
    answers, _ = arena.send(forms)
    yield from differs("answers", statuses(answers), {303: 1, 410: CLIENTS - 1})
    yield from differs("refusals", count(answers, "This link has been used"), CLIENTS - 1)
    yield from differs("bookings", Booking.objects.filter(one_time_link=link).count(), 1)


def many_links_for_one_slot(arena: Arena) -> Iterator[str]:
    """One client books, by a link or a public page of any calendar; the others' links stay Active.

    The slots of the three calendars overlap, two of them by their buffers alone.
    """
    owner, start = OwnerFactory.create(), noon()
    calendars = [
        (make_calendar(owner=owner, buffer_after_minutes=15), start),
        (make_calendar(owner=owner, duration_minutes=60), start),
        (
            make_calendar(
                owner=owner, duration_minutes=45, slot_interval_minutes=15, buffer_after_minutes=10
            ),
            start - 45 * MINUTE,
        ),
    ]
    links = [link for calendar, _ in calendars for link in make_links(calendar, CLIENTS // 4)]
    slots = {calendar.pk: slot for calendar, slot in calendars}
    doors = [(link.get_absolute_url(), slots[link.calendar_id]) for link in links]
    public = cycle([(page_of(calendar), slot) for calendar, slot in calendars])
    forms = arena.open_forms([*doors, *islice(public, CLIENTS - len(doors))])
    answers, _ = arena.send(forms)
    yield from differs("answers", statuses(answers), {303: 1, 409: CLIENTS - 1})
    yield from differs("refusals", count(answers, "just taken"), CLIENTS - 1)
    booked = Booking.objects.filter(host=owner)
    yield from differs("bookings", booked.count(), 1)
    used = booked.filter(one_time_link__isnull=False).count()
    arena.seen["booked by a link" if used else "booked by a public page"] += 1
    active = OneTimeLink.objects.of(owner).active(at=timezone.now()).count()
    yield from differs("links still Active", active, len(links) - used)


def revoke_against_book(arena: Arena) -> Iterator[str]:
    """Either a link is revoked without a booking, or it is booked and not revoked: never both."""
    calendar, start = make_calendar(), noon()
    links = make_links(calendar, CLIENTS // 5)
    doors = [
        (link.get_absolute_url(), start + (5 * number + n) * HALF_HOUR)
        for number, link in enumerate(links)
        for n in range(5)
    ]
    answers, revocations = arena.send(
        arena.open_forms(doors), *(revocation(arena, link) for link in links)
    )
    yield from differs("answers to revocations", statuses(revocations), {302: len(links)})
    for number, link in enumerate(links):
        of_link = statuses(answers[5 * number : 5 * number + 5])
        link = OneTimeLink.objects.select_related("booking").get(pk=link.pk)
        if link.revoked_at is None:
            arena.seen["booked first"] += 1
            yield from differs("answers of a booked link", of_link, {303: 1, 410: 4})
            yield from differs("booked link is used", link.is_used, True)
        else:
            arena.seen["revoked first"] += 1
            yield from differs("answers of a revoked link", of_link, {410: 5})
            yield from differs("revoked link is used", link.is_used, False)


def revocation(arena: Arena, link: OneTimeLink) -> Callable[[], Answer]:
    path = reverse("onetime_links:revocation", args=[link.calendar.slug, link.pk])
    return post_as(arena.server, link.calendar.owner, path, {})


def expiry_while_the_form_is_open(arena: Arena) -> Iterator[str]:
    """A form that arrives before Expires At is booked, and one that arrives later is told so.

    Each of 30 links has one client, and 30 more clients share one link. Half of both groups send
    after the expiry, the others one by one in the half second in which it comes.
    """
    calendar, half = make_calendar(), CLIENTS // 2
    links = make_links(calendar, half + 1)
    ends = [*links[:half], *[links[half]] * half]
    doors = [(link.get_absolute_url(), noon() + n * HALF_HOUR) for n, link in enumerate(ends)]
    forms = arena.open_forms(doors)
    booked, expired = Booking.objects.filter(calendar=calendar), Event()

    def let_expire() -> datetime:
        ours = OneTimeLink.objects.filter(calendar=calendar)
        wait_for(booked.exists)
        with transaction.atomic():
            # The locks come first: during a wait for them, the expiry could pass unwritten.
            list(ours.select_for_update().order_by("pk"))
            # The expiry comes while forms are answered, which takes a second or two for all.
            expires_at = timezone.now() + timedelta(seconds=arena.random.uniform(0, 0.3))
            ours.update(expires_at=expires_at)
        wait_for(lambda: timezone.now() > expires_at)
        expired.set()
        return expires_at

    def send_late(form: Form) -> Answer:
        expired.wait(PATIENCE)
        return arena.sending(form)()

    late = [partial(send_late, form) for form in forms[::2]]
    timely = [sending_after(arena, arena.random.uniform(0, 0.5), form) for form in forms[1::2]]
    [expires_at, *answers] = arena.all_at_once([let_expire, *late, *timely])
    too_late, in_time = answers[:half], answers[half:]
    answers = [answer for pair in zip(too_late, in_time, strict=True) for answer in pair]
    yield from differs("bookings in time", booked.exists(), True)
    yield from differs(
        "bookings that arrived too late", booked.filter(created_at__gte=expires_at).count(), 0
    )
    yield from differs("answers to the late", statuses(too_late), {410: len(late)})
    yield from differs("bookings shown", len(shown(answers)), booked.count())
    yield from differs("answers", set(statuses(answers)) <= {303, 410}, True)
    refused = [answer for answer in answers if answer.status == 410]
    of_one = booked.filter(one_time_link=links[half]).count()
    yield from differs("more than one booking of a link", of_one > 1, False)
    words = count(refused, "has expired") + count(refused, "has been used")
    yield from differs("refusals with a reason", words, len(refused))
    yield from differs("refused while it was valid", count(answers[:half], "has been used"), 0)
    arena.seen["booked in time"] += booked.count()
    arena.seen["expired before"] += count(refused, "has expired")


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < until:
        time.sleep(0.005)


def pause_against_book(arena: Arena) -> Iterator[str]:
    """After the owner is told that the calendar is paused, no booking is made any more."""
    calendar = make_calendar()
    path = reverse("calendars:pause", args=[calendar.slug])
    pause = post_as(arena.server, calendar.owner, path, {})
    answers, before = yield from book_against(arena, calendar, pause)
    yield from differs("answers", set(statuses(answers)) <= {303, 409}, True)
    booked = statuses(answers).get(303, 0)
    yield from differs("bookings after the pause", booked - before, 0)


def delete_against_book(arena: Arena) -> Iterator[str]:
    """Either the calendar is deleted without a booking, or it is booked and not deleted.

    In every other round the clients come a little later, because one of so many is always faster
    than the owner.
    """
    calendar = make_calendar()
    path = reverse("booking:delete_calendar", args=[calendar.slug])
    deletion = post_as(arena.server, calendar.owner, path, {"name": calendar.name})
    head_start = arena.random.uniform(0.02, 0.3) if arena.seen.total() % 2 else 0
    sendings = [sending_after(arena, head_start, form) for form in open_many(arena, calendar)]
    [deleted, *answers] = arena.all_at_once([deletion, *sendings])
    booked = Booking.objects.filter(calendar=calendar).count()
    yield from differs("bookings shown", len(shown(answers)), booked)
    if Calendar.objects.get(pk=calendar.pk).is_deleted:
        arena.seen["deleted first"] += 1
        yield from differs("answer to the owner", deleted.status, 302)
        yield from differs("bookings of a deleted calendar", booked, 0)
        yield from differs("answers", set(statuses(answers)) <= {404, 409, 410}, True)
    else:
        arena.seen["booked first"] += 1
        yield from differs("answer to the owner", deleted.status, 422)
        yield from differs("answers", statuses(answers), {303: CLIENTS})


def zone_against_book(arena: Arena) -> Iterator[str]:
    """After the owner is told that the zone has changed, no open form makes a booking.

    None of the open forms is for a slot in the new zone's hours.
    """
    weekly = {weekday: [Hours(12 * 60, 18 * 60)] for weekday in range(7)}
    hours = [(weekday, 12 * 60, 18 * 60) for weekday in range(7)]
    calendar = make_calendar(hours=hours, duration_minutes=5)
    change = partial(
        replace_weekly_hours, calendar=calendar, time_zone="Pacific/Auckland", weekly=weekly
    )
    yield from nothing_after_the_change(arena, calendar, change)


def hours_against_book(arena: Arena) -> Iterator[str]:
    """After the owner is told that the hours have moved away, no open form makes a booking."""
    calendar = make_calendar(duration_minutes=5)
    weekly = {weekday: [Hours(2 * 60, 8 * 60)] for weekday in range(7)}
    change = partial(replace_weekly_hours, calendar=calendar, time_zone="UTC", weekly=weekly)
    yield from nothing_after_the_change(arena, calendar, change)


def time_off_against_book(arena: Arena) -> Iterator[str]:
    """After the owner is told that time off covers every slot, no form makes a booking."""
    calendar, now = make_calendar(duration_minutes=5), timezone.now()
    change = partial(
        add_time_off,
        host=calendar.owner,
        starts_at=now,
        ends_at=now + timedelta(days=7),
        note="",
        now=now,
    )
    yield from nothing_after_the_change(arena, calendar, change)


def nothing_after_the_change(
    arena: Arena, calendar: Calendar, change: Callable[[], object]
) -> Iterator[str]:
    answers, before = yield from book_against(arena, calendar, change, step=5 * MINUTE)
    yield from differs("answers", set(statuses(answers)) <= {303, 409}, True)
    yield from differs("bookings after the change", statuses(answers).get(303, 0) - before, 0)


def rules_against_book(arena: Arena) -> Iterator[str]:
    """Every booking is made wholly by the old rules or wholly by the new ones, and none is made by
    the old rules after the change.
    """
    calendar = make_calendar(duration_minutes=10)
    change = partial(change_rules, calendar=calendar, duration_minutes=20, buffer_after_minutes=10)
    # Others may have booked by the new rules between the change and the count.
    old = Q(blocked_until=F("starts_at") + 10 * MINUTE)
    answers, before = yield from book_against(
        arena, calendar, change, step=10 * MINUTE, counted=old
    )
    yield from differs("answers", set(statuses(answers)) <= {303, 409}, True)
    booked = Booking.objects.filter(calendar=calendar)
    made = Counter(
        ((ends - starts) // MINUTE, (until - ends) // MINUTE)
        for starts, ends, until in booked.values_list("starts_at", "ends_at", "blocked_until")
    )
    by_old, by_new = made.pop((10, 0), 0), made.pop((20, 10), 0)
    yield from differs("bookings by neither rules", dict(made), {})
    yield from differs("bookings by the old rules", by_old, before)
    arena.seen["by the new rules"] += by_new


def book_against(
    arena: Arena,
    calendar: Calendar,
    act: Callable[[], object],
    *,
    step: timedelta = HALF_HOUR,
    counted: Q = ANY,
) -> Generator[str, None, tuple[list[Answer], int]]:
    """Let all clients book against one act of the owner.

    Returns the answers, and how many bookings (of those `counted`) there were when the owner was
    told that the act is done.
    """

    def act_and_count() -> tuple[object, int]:
        # The act comes while forms are answered, which takes a second or two for all.
        time.sleep(arena.random.uniform(0, 0.5))
        return act(), Booking.objects.filter(counted, calendar=calendar).count()

    forms = open_many(arena, calendar, step=step)
    answers, [(done, before)] = arena.send(forms, act_and_count)
    if isinstance(done, Answer):
        yield from differs("answer to the owner", done.status, 302)
        arena.count([done])
    booked = Booking.objects.filter(calendar=calendar).count()
    yield from differs("bookings shown", len(shown(answers)), booked)
    arena.seen["booked before"] += before
    arena.seen["refused after"] += len(answers) - booked
    return answers, before


def open_many(arena: Arena, calendar: Calendar, *, step: timedelta = HALF_HOUR) -> list[Form]:
    """Open as many forms as slots: half by links of their own, half by the public page."""
    doors = [link.get_absolute_url() for link in make_links(calendar, CLIENTS // 2)]
    doors += [page_of(calendar)] * (CLIENTS - len(doors))
    return arena.open_forms([(door, noon() + n * step) for n, door in enumerate(doors)])


def cap_of_the_day(arena: Arena) -> Iterator[str]:
    """A day gets as many bookings as its cap; other clients are told so and keep Active links."""
    cap = arena.random.randint(1, 7)
    calendar = make_calendar(daily_cap=cap, duration_minutes=10)
    forms = open_many(arena, calendar, step=10 * MINUTE)
    answers, _ = arena.send(forms)
    yield from differs("answers", statuses(answers), {303: cap, 409: len(forms) - cap})
    booked = Booking.objects.filter(calendar=calendar)
    yield from differs("bookings", booked.count(), cap)
    active = calendar.one_time_links.active(at=timezone.now()).count()
    used = booked.filter(one_time_link__isnull=False).count()
    yield from differs("links still Active", active, CLIENTS // 2 - used)


def same_form_ten_times(arena: Arena) -> Iterator[str]:
    """A form that is sent ten times at once makes one booking and shows it ten times."""
    calendar = make_calendar()
    doors = [link.get_absolute_url() for link in make_links(calendar, 3)] + [page_of(calendar)] * 3
    forms = arena.open_forms([(door, noon() + n * HALF_HOUR) for n, door in enumerate(doors)])
    answers, _ = arena.send([form for form in forms for _ in range(CLIENTS // len(forms))])
    yield from differs("answers", statuses(answers), {303: CLIENTS})
    yield from differs("bookings", Booking.objects.filter(calendar=calendar).count(), len(forms))
    for number in range(len(forms)):
        of_form = answers[10 * number : 10 * number + 10]
        yield from differs("bookings shown for one form", len(shown(of_form)), 1)


def reschedules_against_book(arena: Arena) -> Iterator[str]:
    """Of two clients who move a booking to a slot and one who books it, one gets it.

    The others keep what they had. There are 20 slots at once.
    """
    calendar, start = make_calendar(), noon()
    other = make_calendar(owner=calendar.owner)
    slots = [start + n * HALF_HOUR for n in range(CLIENTS // 3)]
    old = [start - timedelta(days=1) + n * HALF_HOUR for n in range(2 * len(slots))]
    bookings = [
        BookingFactory.create(calendar=(calendar, other)[n % 2], starts_at=starts_at)
        for n, starts_at in enumerate(old)
    ]
    movers = [reverse("booking:manage_reschedule", args=[each.manage_token]) for each in bookings]
    doors = [*zip(movers, [*slots, *slots], strict=True), *((page_of(other), at) for at in slots)]
    answers, _ = arena.send(arena.open_forms(doors))
    for number, slot in enumerate(slots):
        of_slot = statuses(answers[number :: len(slots)])
        yield from differs("answers of a slot", of_slot, {303: 1, 409: 2})
        there = Booking.objects.of(calendar.owner).live().filter(starts_at=slot)
        yield from differs("bookings of a slot", there.count(), 1)
        moved = there.filter(sequence=1).count()
        arena.seen["moved there" if moved else "booked"] += 1
    stayed = Booking.objects.of(calendar.owner).filter(starts_at__in=old, sequence=0).count()
    all_moved = Booking.objects.of(calendar.owner).filter(starts_at__in=slots, sequence=1).count()
    yield from differs("bookings that stayed", stayed, len(old) - all_moved)


def sending_after(arena: Arena, seconds: float, form: Form) -> Callable[[], Answer]:
    request = arena.sending(form)

    def send() -> Answer:
        time.sleep(seconds)
        return request()

    return send


def count(answers: Sequence[Answer], words: str) -> int:
    return sum(words in answer.body for answer in answers)
