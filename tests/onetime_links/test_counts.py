from datetime import timedelta

from django.template import Context, Template
from django.test import Client
from django.utils import timezone

from calendars.kit.counts import COUNT_LIMIT
from calendars.models import Calendar, Owner
from onetime_links.counts import count_active_links
from onetime_links.models import OneTimeLink
from tests.support.database.queries import at_most_queries
from tests.support.world.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

TEMPLATE = Template(
    "{% load onetime_links %}{% active_link_counts calendars as counts %}"
    "{% for calendar in calendars %}{{ counts|active_links:calendar }}. {% endfor %}"
)


def test_active_links_alone_are_counted(calendar: Calendar, olive: Owner) -> None:
    now = timezone.now()
    other, empty = CalendarFactory.create_batch(2, owner=olive)
    OneTimeLinkFactory.create_batch(2, calendar=calendar)
    OneTimeLinkFactory.create(calendar=calendar, revoked_at=now)
    past = now - timedelta(days=1)
    OneTimeLinkFactory.create(
        calendar=calendar, created_at=past - timedelta(days=1), expires_at=past
    )
    OneTimeLinkFactory.create(calendar=other)
    BookingFactory.create(
        calendar=calendar, one_time_link=OneTimeLinkFactory.create(calendar=calendar)
    )
    calendars = [calendar, other, empty]
    with at_most_queries(1):
        counts = count_active_links(calendars, at=now)
    assert counts == {calendar.pk: 2, other.pk: 1, empty.pk: 0}
    text = TEMPLATE.render(Context({"calendars": calendars}))
    assert text == "2 active links. 1 active link. no active links. "


def test_counting_stops(calendar: Calendar) -> None:
    OneTimeLink.objects.bulk_create(
        OneTimeLink(calendar=calendar) for _ in range(COUNT_LIMIT + 500)
    )
    assert count_active_links([calendar], at=timezone.now()) == {calendar.pk: COUNT_LIMIT + 1}
    assert TEMPLATE.render(Context({"calendars": [calendar]})) == "1,000+ active links. "


def test_no_calendars(db: None) -> None:
    assert count_active_links([], at=timezone.now()) == {}


def test_calendar_settings_shows_them(owner_client: Client, calendar: Calendar) -> None:
    OneTimeLinkFactory.create_batch(3, calendar=calendar)
    assert "3 active links" in owner_client.get("/calendars/").content.decode()
