from datetime import UTC, datetime, timedelta

from django.test import Client

from booking.models import Booking
from calendars.models import Calendar, Owner
from tests.support.pages.parsing import text_of
from tests.support.world.factories import BookingFactory, CalendarFactory

TOMORROW = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)


def test_calendar_with_upcoming_bookings_is_not_deleted(
    signed_in: Client, calendar: Calendar
) -> None:
    BookingFactory.create(calendar=calendar, starts_at=TOMORROW)
    page = text_of(signed_in.get("/calendars/discovery-call/delete/"))
    assert "Cleo Client" in page
    response = signed_in.post("/calendars/discovery-call/delete/", {"name": "Discovery call"})
    assert response.status_code == 422
    assert "Upcoming bookings must be cancelled first." in text_of(response)
    assert not Calendar.objects.get().is_deleted


def test_calendar_with_upcoming_bookings_can_be_paused_instead(
    signed_in: Client, calendar: Calendar
) -> None:
    BookingFactory.create(calendar=calendar, starts_at=TOMORROW)
    address = "/calendars/discovery-call/delete/"
    pause = 'action="/calendars/discovery-call/pause/"'
    assert pause in text_of(signed_in.get(address))
    signed_in.post("/calendars/discovery-call/pause/")
    assert pause not in text_of(signed_in.get(address))


def test_delete_wants_the_name_typed(signed_in: Client, calendar: Calendar) -> None:
    BookingFactory.create(calendar=calendar, starts_at=TOMORROW - timedelta(days=9))
    address = "/calendars/discovery-call/delete/"
    response = signed_in.post(address, {"name": "Discovery"})
    assert response.status_code == 422
    assert "Type “Discovery call” to delete it." in text_of(response)
    assert 'value="Discovery"' in text_of(response)
    response = signed_in.post(address, {"name": "Discovery call"}, follow=True)
    assert "“Discovery call” was deleted." in text_of(response)
    assert signed_in.get(address).status_code == 404
    assert Booking.objects.count() == 1


def test_double_click_deletes_once(signed_in: Client, calendar: Calendar) -> None:
    times = set()
    for _twice in range(2):
        response = signed_in.post("/calendars/discovery-call/delete/", {"name": calendar.name})
        assert (response.status_code, response["Location"]) == (302, "/calendars/")
        times.add(Calendar.objects.get().deleted_at)
    assert len(times) == 1


def test_calendar_of_another_owner_is_404(signed_in: Client, sam: Owner) -> None:
    CalendarFactory.create(owner=sam, name="Theirs", slug="theirs")
    for method in (signed_in.get, signed_in.post):
        assert method("/calendars/theirs/delete/", {"name": "Theirs"}).status_code == 404
    assert not Calendar.objects.get().is_deleted


def test_nobody_is_asked_to_sign_in(client: Client, db: None) -> None:
    response = client.get("/calendars/x/delete/")
    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/")
