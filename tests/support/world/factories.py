from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone

from booking.models import Act, Booking, Change, Mail, Party, TimeOff
from calendars.models import (
    Calendar,
    CalendarAddress,
    Confirmation,
    Occasion,
    Owner,
    PasswordReset,
    WeeklyHours,
)
from onetime_links.models import LinkRequest, OneTimeLink

PASSWORD = "correct horse battery"


class OwnerFactory(factory.django.DjangoModelFactory[Owner]):
    class Meta:
        model = Owner
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"owner{n}@example.com")
    display_name = factory.Sequence(lambda n: f"Owner {n}")
    time_zone = "Europe/Berlin"
    password = factory.django.Password(PASSWORD)


class ConfirmationFactory(factory.django.DjangoModelFactory[Confirmation]):
    class Meta:
        model = Confirmation

    owner = factory.SubFactory(OwnerFactory)
    due_at = factory.LazyFunction(timezone.now)
    next_try_at = factory.SelfAttribute("due_at")


class PasswordResetFactory(factory.django.DjangoModelFactory[PasswordReset]):
    """A link to a new password that was asked for, and waits for a worker."""

    class Meta:
        model = PasswordReset

    owner = factory.SubFactory(OwnerFactory)
    due_at = factory.LazyFunction(timezone.now)
    next_try_at = factory.SelfAttribute("due_at")


class CalendarFactory(factory.django.DjangoModelFactory[Calendar]):
    """A calendar with hours on weekdays from 09:00 to 17:00 in Berlin, and no notice.

    `hours=` replaces the hours: triples of weekday, start and end in minutes.
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


class LinkRequestFactory(factory.django.DjangoModelFactory[LinkRequest]):
    class Meta:
        model = LinkRequest

    link = factory.SubFactory(OneTimeLinkFactory)
    client_name = "Cleo Client"


class BookingFactory(factory.django.DjangoModelFactory[Booking]):
    """A booking of the calendar's duration at `starts_at`, written straight into the table."""

    class Meta:
        model = Booking

    calendar = factory.SubFactory(CalendarFactory)
    host = factory.SelfAttribute("calendar.owner")
    starts_at = factory.Sequence(
        lambda n: timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1 + n)
    )
    ends_at = factory.LazyAttribute(lambda booking: booking.starts_at + booking.calendar.duration)
    blocked_from = factory.SelfAttribute("starts_at")
    blocked_until = factory.SelfAttribute("ends_at")
    client_name = "Cleo Client"
    client_email = "cleo@example.com"
    client_time_zone = "Europe/Berlin"


class ChangeFactory(factory.django.DjangoModelFactory[Change]):
    class Meta:
        model = Change

    booking = factory.SubFactory(BookingFactory)
    act = Act.CANCELLED
    by = Party.CLIENT
    at = factory.LazyFunction(timezone.now)


class MailFactory(factory.django.DjangoModelFactory[Mail]):
    """An email that is due and waits for a worker."""

    class Meta:
        model = Mail

    booking = factory.SubFactory(BookingFactory)
    occasion = Occasion.BOOKED
    recipient = Party.CLIENT
    sequence = factory.SelfAttribute("booking.sequence")
    starts_at = factory.SelfAttribute("booking.starts_at")
    ends_at = factory.SelfAttribute("booking.ends_at")
    due_at = factory.LazyFunction(timezone.now)
    next_try_at = factory.SelfAttribute("due_at")


class TimeOffFactory(factory.django.DjangoModelFactory[TimeOff]):
    class Meta:
        model = TimeOff

    host = factory.SubFactory(OwnerFactory)
    starts_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))
    ends_at = factory.LazyAttribute(lambda time_off: time_off.starts_at + timedelta(days=1))
