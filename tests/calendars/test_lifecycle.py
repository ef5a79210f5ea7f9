from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from unittest import mock

import pytest
from django.db import connection

from calendars import addresses, lifecycle, rules
from calendars.addresses import suggest_address
from calendars.errors import AddressTaken
from calendars.hours import load_schedule
from calendars.lifecycle import (
    change_details,
    create_calendar,
    duplicate_calendar,
    pause_calendar,
    resume_calendar,
)
from calendars.models import TIME_ZONE_NOT_CHOSEN, Calendar, CalendarAddress, Owner
from calendars.rules import (
    RuleChanges,
    change_override,
    change_rules,
    remove_overrides,
    replace_overrides,
    replace_weekly_hours,
)
from calendars.schedule import Hours
from tests.support.world.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def change(calendar: Calendar, **changes: str) -> Calendar:
    details = {
        name: getattr(calendar, name)
        for name in ("name", "slug", "description", "location", "colour")
    }
    return change_details(calendar=calendar, **{**details, **changes})


def addresses_of(calendar: Calendar) -> set[str]:
    return set(calendar.addresses.values_list("slug", flat=True))


# New


def test_new_calendar_is_open_on_weekdays_and_claims_its_address(olive: Owner) -> None:
    calendar = create_calendar(owner=olive, name="Discovery call", time_zone="Asia/Kathmandu")
    schedule = load_schedule(calendar, first=date.max, last=date.max)
    assert schedule.weekly == {weekday: [Hours(540, 1020)] for weekday in range(5)}
    assert schedule.zone.key == "Asia/Kathmandu"
    assert calendar.slug == "discovery-call"
    assert addresses_of(calendar) == {"discovery-call"}


@pytest.mark.parametrize(
    ("own", "has_another", "expected"),
    [
        (TIME_ZONE_NOT_CHOSEN, False, "Asia/Kathmandu"),
        (TIME_ZONE_NOT_CHOSEN, True, TIME_ZONE_NOT_CHOSEN),
        ("Europe/Paris", False, "Europe/Paris"),
    ],
)
def test_first_calendar_gives_its_zone_to_an_owner_who_chose_none(
    olive: Owner, sam: Owner, own: str, has_another: bool, expected: str
) -> None:
    olive.time_zone = sam.time_zone = own
    olive.save()
    sam.save()
    if has_another:
        CalendarFactory.create(owner=olive, deleted_at=NOW)
    create_calendar(owner=olive, name="Talk", time_zone="Asia/Kathmandu")
    assert Owner.objects.get(pk=olive.pk).time_zone == expected
    assert Owner.objects.get(pk=sam.pk).time_zone == own


def test_address_made_from_a_name_avoids_taken_and_reserved_ones(call: Calendar) -> None:
    change(call, slug="talk")
    assert suggest_address("Discovery call") == "discovery-call-2"  # an old one is taken too
    assert suggest_address("Talk") == "talk-2"
    assert suggest_address("New") == "new-2"
    assert suggest_address("打ち合わせ") == "meeting"
    assert suggest_address("a__b -- c") == "a-b-c"


def test_taken_address_is_refused_and_nothing_is_left_behind(call: Calendar, sam: Owner) -> None:
    with pytest.raises(AddressTaken):
        create_calendar(owner=sam, name="Mine", time_zone="UTC", slug="discovery-call")
    assert not Calendar.objects.filter(owner=sam).exists()


def test_address_given_up_by_another_calendar_is_refused(call: Calendar, sam: Owner) -> None:
    change(call, slug="talk")
    with pytest.raises(AddressTaken):
        create_calendar(owner=sam, name="Mine", time_zone="UTC", slug="discovery-call")


# The address


def test_change_of_address_keeps_the_old_one_for_the_calendar(call: Calendar) -> None:
    change(call, slug="talk")
    call.refresh_from_db()
    assert call.slug == "talk"
    assert addresses_of(call) == {"discovery-call", "talk"}


def test_calendar_may_take_its_old_address_back(call: Calendar) -> None:
    change(call, slug="talk")
    change(call, slug="discovery-call")
    assert Calendar.objects.get(slug="discovery-call") == call
    assert addresses_of(call) == {"discovery-call", "talk"}


def test_nobody_takes_an_address_of_another_calendar(call: Calendar, olive: Owner) -> None:
    other = CalendarFactory.create(owner=olive, slug="other")
    change(call, slug="talk")
    for slug in ("talk", "discovery-call"):
        with pytest.raises(AddressTaken):
            change(Calendar.objects.get(pk=other.pk), slug=slug)
    assert addresses_of(other) == {"other"}


def test_address_claimed_by_a_faster_request_is_taken(call: Calendar, sam: Owner) -> None:
    """The insert alone decides whether an address is free, so no earlier look-up can be stale."""
    theirs = CalendarFactory.create(owner=sam)
    CalendarAddress.objects.create(slug="wanted", calendar=theirs)
    with pytest.raises(AddressTaken):
        change(call, slug="wanted")
    call.refresh_from_db()
    assert call.slug == "discovery-call"


def test_suggestion_taken_by_a_faster_request_is_refused(call: Calendar, olive: Owner) -> None:
    with (
        mock.patch.object(lifecycle, "suggest_address", return_value="discovery-call"),
        pytest.raises(AddressTaken),
    ):
        create_calendar(owner=olive, name="Discovery call", time_zone="UTC")


def test_suggestions_do_not_end(call: Calendar) -> None:
    with mock.patch.object(addresses, "TRIES", 1):
        slug = suggest_address("Discovery call")
    assert slug.startswith("discovery-call-")
    assert len(slug) <= 60


# Duplicate


def test_duplicate_copies_settings_and_schedule(call: Calendar) -> None:
    call.questions = [{"label": "Why?", "kind": "text", "required": True}]
    call.colour, call.duration_minutes, call.daily_cap = "pink", 25, 3
    call.save()
    replace_overrides(calendar=call, dates=[date(2026, 12, 24)], hours=[], now=NOW)
    replace_overrides(calendar=call, dates=[date(2026, 12, 23)], hours=[Hours(600, 720)], now=NOW)
    replace_overrides(
        calendar=call, dates=[date(2026, 11, 23)], hours=[], now=NOW - timedelta(days=1)
    )  # past
    copy = duplicate_calendar(calendar=call, now=NOW)
    assert (copy.name, copy.slug) == ("Copy of Discovery call", "discovery-call-2")
    assert (copy.colour, copy.duration_minutes, copy.daily_cap) == ("pink", 25, 3)
    assert copy.questions == call.questions
    assert addresses_of(copy) == {"discovery-call-2"}
    assert addresses_of(call) == {"discovery-call"}
    first, last = date(2026, 1, 1), date(2027, 1, 1)
    schedule = load_schedule(copy, first=first, last=last)
    assert schedule.weekly == load_schedule(call, first=first, last=last).weekly
    assert schedule.overrides == {date(2026, 12, 23): [Hours(600, 720)], date(2026, 12, 24): []}


def test_duplicate_is_paused_and_has_no_links_or_bookings(call: Calendar) -> None:
    link = OneTimeLinkFactory.create(calendar=call)
    BookingFactory.create(calendar=call, one_time_link=link)
    copy = duplicate_calendar(calendar=call, now=NOW)
    assert copy.paused_at == NOW
    assert not copy.bookings.exists()
    assert not copy.one_time_links.exists()
    call.refresh_from_db()
    assert not call.is_paused


def test_duplicate_of_a_long_name_fits(olive: Owner) -> None:
    calendar = CalendarFactory.create(owner=olive, name="n" * 100, slug="s" * 60)
    copy = duplicate_calendar(calendar=calendar, now=NOW)
    copy.full_clean()
    assert copy.name == "Copy of " + "n" * 92


# Pause, resume


def test_pause_and_resume(call: Calendar) -> None:
    pause_calendar(calendar=call, now=NOW)
    call.refresh_from_db()
    assert call.paused_at == NOW
    resume_calendar(calendar=call)
    call.refresh_from_db()
    assert call.paused_at is None


def test_pausing_again_keeps_the_first_time(call: Calendar) -> None:
    pause_calendar(calendar=call, now=NOW)
    pause_calendar(calendar=call, now=datetime(2027, 1, 1, tzinfo=UTC))
    call.refresh_from_db()
    assert call.paused_at == NOW


# Hours


def test_weekly_hours_are_replaced_as_a_whole(call: Calendar) -> None:
    weekly = {0: [Hours(540, 720), Hours(1080, 1440)], 6: [Hours(0, 60)]}
    replace_weekly_hours(calendar=call, time_zone="America/St_Johns", weekly=weekly)
    call = Calendar.objects.get(pk=call.pk)
    schedule = load_schedule(call, first=date.max, last=date.max)
    assert schedule.weekly == weekly
    assert schedule.zone.key == "America/St_Johns"


def test_override_replaces_and_moves(call: Calendar) -> None:
    monday, tuesday = date(2026, 11, 30), date(2026, 12, 1)
    replace_overrides(calendar=call, dates=[monday, tuesday], hours=[], now=NOW)
    override = call.date_overrides.get(date=monday)
    change_override(override=override, day=tuesday, hours=[Hours(600, 660)], now=NOW)
    overrides = load_schedule(call, first=monday, last=tuesday).overrides
    assert overrides == {tuesday: [Hours(600, 660)]}
    remove_overrides(calendar=call, dates=[tuesday])
    assert not call.date_overrides.exists()


def test_other_calendars_keep_their_hours(call: Calendar, olive: Owner) -> None:
    other, day = CalendarFactory.create(owner=olive), date(2026, 12, 1)
    replace_overrides(calendar=other, dates=[day], hours=[], now=NOW)
    replace_weekly_hours(calendar=call, time_zone="UTC", weekly={})
    remove_overrides(calendar=call, dates=[day])
    assert other.weekly_hours.count() == 5
    assert other.date_overrides.count() == 1


# Every change of the rules waits for bookings in the making

RULES: RuleChanges = {
    "duration_minutes": 25,
    "slot_interval_minutes": 10,
    "buffer_before_minutes": 5,
    "buffer_after_minutes": 15,
    "minimum_notice_minutes": 60,
    "booking_window_days": 14,
    "daily_cap": 4,
}


@pytest.mark.parametrize(
    "act",
    [
        lambda calendar: pause_calendar(calendar=calendar, now=NOW),
        lambda calendar: resume_calendar(calendar=calendar),
        lambda calendar: duplicate_calendar(calendar=calendar, now=NOW),
        lambda calendar: change_rules(calendar=calendar, **RULES),
        lambda calendar: replace_weekly_hours(calendar=calendar, time_zone="UTC", weekly={}),
        lambda calendar: replace_overrides(
            calendar=calendar, dates=[NOW.date()], hours=[], now=NOW
        ),
        lambda calendar: remove_overrides(calendar=calendar, dates=[NOW.date()]),
    ],
    ids=["pause", "resume", "duplicate", "rules", "hours", "override", "removal"],
)
def test_owner_is_locked_first_within_the_transaction(
    call: Calendar, act: Callable[[Calendar], object]
) -> None:
    statements: list[str] = []

    def lock(ids: Iterable[int]) -> None:
        assert list(ids) == [call.owner_id]
        assert connection.in_atomic_block
        statements.append("lock")

    def note(execute: Callable[..., object], sql: str, *rest: object) -> object:
        if not sql.startswith(("SAVEPOINT", "RELEASE")):
            statements.append(sql)
        return execute(sql, *rest)

    with (
        mock.patch.object(lifecycle, "lock_hosts", lock),
        mock.patch.object(rules, "lock_hosts", lock),
        connection.execute_wrapper(note),
    ):
        act(call)
    assert statements[0] == "lock"
    assert len(statements) > 1


def test_rules_are_saved(call: Calendar) -> None:
    change_rules(calendar=call, **RULES)
    call.refresh_from_db()
    assert {name: getattr(call, name) for name in RULES} == dict(RULES)
