from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone

from booking.models import Booking
from calendars.models import Calendar, CalendarAddress, Owner, WeeklyHours
from onetime_links.models import OneTimeLink

PASSWORD = "correct horse battery"


class OwnerFactory(factory.django.DjangoModelFactory[Owner]):
    class Meta:
        model = Owner
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"owner{n}@example.com")
    display_name = factory.Sequence(lambda n: f"Owner {n}")
    password = factory.django.Password(PASSWORD)


class CalendarFactory(factory.django.DjangoModelFactory[Calendar]):
    """Weekdays from 09:00 to 17:00 in Berlin, no notice; `hours=` replaces them.

    `hours` are triples of weekday, start and end in minutes.
    """

    class Meta:
        model = Calendar
        skip_postgeneration_save = True

    owner = factory.SubFactory(OwnerFactory)
    name = factory.Sequence(lambda n: f"Calendar {n}")
    slug = factory.Sequence(lambda n: f"calendar-{n}")
    time_zone = "Europe/Berlin"
    minimum_notice_minutes = 0

    @factory.post_generation
    def address(self: Any, create: bool, extracted: None, **kwargs: Any) -> None:
        CalendarAddress.objects.create(slug=self.slug, calendar=self)

    @factory.post_generation
    def hours(
        self: Any, create: bool, extracted: list[tuple[int, int, int]] | None, **kwargs: Any
    ) -> None:
        default = [(weekday, 9 * 60, 17 * 60) for weekday in range(5)]
        WeeklyHours.objects.bulk_create(
            WeeklyHours(calendar=self, weekday=weekday, start_minute=start, end_minute=end)
            for weekday, start, end in (default if extracted is None else extracted)
        )


class OneTimeLinkFactory(factory.django.DjangoModelFactory[OneTimeLink]):
    class Meta:
        model = OneTimeLink

    calendar = factory.SubFactory(CalendarFactory)


class BookingFactory(factory.django.DjangoModelFactory[Booking]):
    """A booking of the calendar's duration at `starts_at`, straight into the table."""

    class Meta:
        model = Booking

    calendar = factory.SubFactory(CalendarFactory)
    owner = factory.SelfAttribute("calendar.owner")
    starts_at = factory.Sequence(
        lambda n: timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1 + n)
    )
    ends_at = factory.LazyAttribute(lambda booking: booking.starts_at + booking.calendar.duration)
    blocked_from = factory.SelfAttribute("starts_at")
    blocked_until = factory.SelfAttribute("ends_at")
    client_name = "Cleo Client"
    client_email = "cleo@example.com"
    client_time_zone = "Europe/Berlin"
