from collections import Counter

import pytest
from django.utils import timezone

from booking.models import Booking, Mail
from booking.upkeep.invariants import examine
from calendars.models import Calendar
from onetime_links.models import OneTimeLink
from tests.benchmark.bulk import fill
from tests.benchmark.seed import (
    BOOKED_AHEAD,
    BUSY,
    HOLDERS,
    LINKS_AT,
    LISTER,
    MAILS_EACH,
    Size,
    active_link,
    seed,
)


@pytest.mark.django_db
def test_seeded_database_is_sound() -> None:
    now = timezone.now()
    size = Size(300, busy=100, links=60)
    seed(size, now=now)
    assert list(examine()) == []
    bookings = Counter(Booking.objects.values_list("host", flat=True))
    assert [bookings[owner] for owner in (*size.ordinary, BUSY)] == [100] * 4
    assert bookings[BOOKED_AHEAD] == 100
    upcoming = Booking.objects.upcoming(at=now)
    coming = {owner: upcoming.filter(host=owner).count() for owner in bookings}
    assert (coming.pop(BOOKED_AHEAD), set(coming.values()) - {0}) == (100, {40})
    assert Mail.objects.count() == MAILS_EACH * Booking.objects.count()
    links = Counter(OneTimeLink.objects.filter(calendar__in=LINKS_AT).values_list("calendar"))
    assert [count for _, count in sorted(links.items())] == [30, 30, 30, 60]
    assert OneTimeLink.objects.active(at=now).filter(token=active_link(size.ordinary[2])).exists()
    held = Counter(Calendar.objects.filter(owner__in=HOLDERS).values_list("owner", flat=True))
    assert dict(held) == HOLDERS
    # A row without a key gets one beyond those that rows brought along.
    fill(OneTimeLink, ["calendar_id", "token"], [(LISTER + 9, "t" * 22)])
