import gzip
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from re import findall
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from booking.client.visit import FRAGMENT_HEADER
from booking.models import Booking
from calendars.models import Calendar, CalendarAddress, DateOverride, Owner
from onetime_links.models import OneTimeLink
from tests.booking.conftest import DESCRIPTION, PUBLIC, SUNDAY
from tests.support.database.queries import at_most_queries
from tests.support.pages.parsing import shows, text_of
from tests.support.world.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

pytestmark = pytest.mark.usefixtures("clock")

FILE_HEADERS = 500  # bytes, more than the headers of a static file take


def slots_on(response: Any) -> list[str]:
    """Return the instants, in UTC, of the slots that the page offers on its date."""
    times = text_of(response).split('class="times"')[1]
    return [f"{at}:00+00:00" for at in findall(r'[?&]at=([^"]+)Z"', times)]


def test_public_page_offers_the_first_free_day(client: Client, calendar: Calendar) -> None:
    response = client.get(PUBLIC)
    assert response.status_code == 200
    offered = slots_on(response)
    assert offered[0] == "2026-11-23T08:00:00+00:00"
    assert offered[-1] == "2026-11-23T15:30:00+00:00"
    assert len(offered) == 16
    text = text_of(response)
    assert "Monday 23 November, 16 times free" in text
    assert "Tomorrow, Mon 23 Nov, 09:00" in text
    assert "Sunday 22 November" not in text


def test_link_shows_the_same_page_and_never_its_note(
    client: Client, calendar: Calendar, link: OneTimeLink
) -> None:
    public, by_link = client.get(PUBLIC), client.get(link.get_absolute_url())
    main = [text_of(page).split("<main")[1] for page in (public, by_link)]
    assert main[0] == main[1].replace(link.get_absolute_url(), PUBLIC)
    assert "Secret" not in text_of(by_link)
    assert by_link["Cache-Control"] == "no-store"
    assert "noindex" in by_link["X-Robots-Tag"]
    assert link.token not in text_of(by_link)


def test_public_page_has_a_preview(client: Client, calendar: Calendar) -> None:
    page = text_of(client.get(f"{PUBLIC}?day=2026-11-25"))
    assert dict(findall(r'<meta property="og:(\w+)" content="([^"]+)">', page)) == {
        "type": "website",
        "url": f"{settings.BASE_URL}{PUBLIC}",
        "image": f"{settings.BASE_URL}/apple-touch-icon.png",
        "title": "Discovery call · Olive Owner",
        "description": "Choose a time with Olive Owner.",
    }
    [canonical] = findall(r'<link rel="canonical" href="([^"]+)">', page)
    assert canonical == f"{settings.BASE_URL}{PUBLIC}"
    for name, kind in {"apple-touch-icon.png": "image/png", "favicon.ico": "image/x-icon"}.items():
        with closing(client.get(f"/{name}")) as icon:
            assert (icon.status_code, icon["Content-Type"]) == (200, kind)


def test_preview_tells_what_the_owner_wrote_of_the_calendar(
    client: Client, calendar: Calendar
) -> None:
    words = "A first talk about your plans.\nBring a sketch. " * 9
    Calendar.objects.filter(pk=calendar.pk).update(description=words)
    page = text_of(client.get(PUBLIC))
    for name in ('property="og:description"', 'name="description"'):
        [told] = findall(rf'<meta {name} content="([^"]+)">', page)
        assert words.startswith(told.removesuffix("…"))
        assert 100 < len(told) <= 150


def test_private_pages_have_no_preview(client: Client, link: OneTimeLink, booking: Booking) -> None:
    manage = booking.get_absolute_url()
    for address in (link.get_absolute_url(), manage, f"{manage}reschedule/"):
        page = text_of(client.get(address))
        assert '<meta name="robots" content="noindex, nofollow">' in page
        assert findall(r'og:\w+|rel="canonical"|name="description"', page) == []


def test_pages_set_no_cookie(client: Client, calendar: Calendar, link: OneTimeLink) -> None:
    for address in (PUBLIC, f"{PUBLIC}?tz=Asia/Tokyo", link.get_absolute_url()):
        assert not client.get(address).cookies


@pytest.mark.parametrize(
    "state", ["", "?month=2026-12", "?day=2026-11-25", "?at=2026-11-24T09:00Z"]
)
@pytest.mark.parametrize("bookings", [0, 40])
def test_page_and_its_parts_need_three_queries_however_much_is_booked(
    client: Client, calendar: Calendar, link: OneTimeLink, state: str, bookings: int
) -> None:
    for n in range(bookings):
        BookingFactory.create(calendar=calendar, starts_at=SUNDAY + timedelta(days=3, hours=n))
    for address in (PUBLIC, link.get_absolute_url()):
        for headers in ({}, {FRAGMENT_HEADER: "1"}):
            with at_most_queries(3):
                response = client.get(address + state, headers=headers)
            assert (response.status_code, FRAGMENT_HEADER in response) == (200, bool(headers))


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_page_fits_into_one_flight(client: Client, olive: Owner, language: str) -> None:
    """All answers, compressed and with headers, fit into the first flight of TCP (14 KiB).

    The page shows a day with 96 times. The part that a browser in another zone asks for counts too.
    """
    day_and_night = [(weekday, 0, 24 * 60) for weekday in range(7)]
    calendar = CalendarFactory.create(
        owner=olive, description=DESCRIPTION, duration_minutes=15, hours=day_and_night
    )
    address = f"{OneTimeLinkFactory.create(calendar=calendar).get_absolute_url()}?day=2026-11-25"
    asked = {"Accept-Encoding": "gzip", "Accept-Language": language}
    page = client.get(address, headers=asked)
    assert page["Content-Encoding"] == "gzip"
    html = gzip.decompress(page.content).decode()
    assert html.split('class="times"')[1].count("?at=2026-11-2") == 96
    part = client.get(f"{address}&tz=Asia/Kolkata", headers={**asked, "X-Fragment": "1"})
    answers = sum(len(each.content) + len(each.serialize_headers()) for each in (page, part))
    files = [
        Path(settings.BASE_DIR, "static", name)
        for name in ("tokens.css", "client.css", "client.js", "favicon.svg")
    ]
    sizes = [len(brotli.compress(file.read_bytes())) + FILE_HEADERS for file in files]
    assert answers + sum(sizes) <= 14 * 1024
    assert not findall(r"""(?:src|href|action)=["']?(?:https?:)?//""", html)


def test_month_to_month_within_the_window(client: Client, calendar: Calendar) -> None:
    first = text_of(client.get(PUBLIC))
    assert 'rel="prev"' not in first
    assert 'href="?month=2026-12"' in first
    last = text_of(client.get(f"{PUBLIC}?month=2027-01"))
    assert 'rel="next"' not in last
    assert 'href="?month=2026-12"' in last
    beyond = text_of(client.get(f"{PUBLIC}?month=2031-01"))
    assert beyond.replace("2031-01", "2027-01") == last


def test_every_zone_drops_the_same_past_weeks(
    client: Client, calendar: Calendar, clock: time_machine.Traveller
) -> None:
    """A week is dropped when its Sunday is over in every zone: on Monday at noon, in UTC."""
    for hour, rows in {19: 3, 35: 3, 36: 2}.items():
        clock.move_to(SUNDAY.replace(hour=0) + timedelta(hours=hour))
        for zone in ("Asia/Tokyo", "Europe/Berlin", "Pacific/Pago_Pago"):
            page = text_of(client.get(f"{PUBLIC}?tz={zone}"))
            assert page.split("<tbody>")[1].count("<tr>") == rows, (hour, zone)


def test_day_that_was_asked_for_is_shown(client: Client, calendar: Calendar) -> None:
    response = client.get(f"{PUBLIC}?day=2026-12-02")
    assert slots_on(response)[0] == "2026-12-02T08:00:00+00:00"
    assert "December 2026" in text_of(response)


def test_zone_of_the_address_decides_the_dates(client: Client, calendar: Calendar) -> None:
    response = client.get(f"{PUBLIC}?tz=Pacific/Auckland&day=2026-11-23")
    # 09:00 to 17:00 in Berlin is 21:00 to 05:00 in Auckland: only the evening is on 23 November.
    assert slots_on(response) == [
        f"2026-11-23T{hour:02}:{minute:02}:00+00:00" for hour in (8, 9, 10) for minute in (0, 30)
    ]
    assert "21:00" in text_of(response)
    assert "tz=Pacific/Auckland" in text_of(response)


def test_offset_is_that_of_the_day_and_a_repeated_hour_is_told_apart(
    client: Client, olive: Owner, clock: time_machine.Traveller
) -> None:
    clock.move_to(datetime(2026, 10, 20, 12, tzinfo=UTC))
    night = CalendarFactory.create(
        owner=olive, slug="night", hours=[(weekday, 120, 240) for weekday in range(7)]
    )
    for state, offset in {
        "": "UTC+2", "day=2026-10-24": "UTC+2", "day=2026-10-25": "UTC+2 / UTC+1",
        "day=2026-10-28": "UTC+1", "day=2026-10-28&tz=Asia/Kolkata": "UTC+5:30",
        "day=2026-10-28&tz=America/St_Johns": "UTC-2:30",
    }.items():  # fmt: skip
        assert f" time ({offset})" in text_of(client.get(f"/book/night/?{state}"))
    page = text_of(client.get("/book/night/?day=2026-10-25")).split('class="times"')[1]
    assert findall(r"at=[^>]*>([^<]+)<", page) == [
        "02:00 UTC+2", "02:30 UTC+2", "02:00 UTC+1", "02:30 UTC+1", "03:00", "03:30",
    ]  # fmt: skip
    for hour, minute, times in [
        (0, 0, "02:00–02:30 UTC+2"), (0, 30, "\u206802:30 UTC+2\u2069–\u206802:00 UTC+1\u2069"),
        (1, 0, "02:00–02:30 UTC+1"), (1, 30, "02:30–03:00 UTC+1"), (2, 0, "03:00–03:30"),
    ]:  # fmt: skip
        slot = datetime(2026, 10, 25, hour, minute, tzinfo=UTC)
        form = client.get(f"/book/night/?at={slot:%Y-%m-%dT%H:%M}Z")
        booking = BookingFactory.create(calendar=night, starts_at=slot)
        for each in (form, client.get(booking.get_absolute_url())):
            assert f">{times}</span>" in text_of(each).replace("\xa0", " ")


def test_old_name_of_a_zone_is_fine(client: Client, calendar: Calendar) -> None:
    response = client.get(f"{PUBLIC}?tz=Asia/Calcutta")
    assert response.status_code == 200
    assert "UTC+5:30" in text_of(response)


def test_city_chosen_is_kept_in_a_cookie(client: Client, calendar: Calendar) -> None:
    response = client.get(f"{PUBLIC}?tz=tokyo&chosen=on", headers={"Sec-Fetch-Site": "same-origin"})
    assert response.cookies["tz"].value == "Asia/Tokyo"
    assert "<b>Tokyo</b>" in text_of(client.get(PUBLIC))
    assert "<b>Lima</b>" in text_of(client.get(f"{PUBLIC}?tz=America/Lima"))


def test_zone_that_does_not_exist_is_refused_in_words(client: Client, calendar: Calendar) -> None:
    response = client.get(f"{PUBLIC}?tz=Atlantis%20City&chosen=on")
    assert response.status_code == 422
    assert "There is no time zone called “Atlantis City”" in text_of(response)
    assert 'value="Atlantis City"' in text_of(response)
    assert not response.cookies


@pytest.mark.parametrize(
    "query",
    [
        "month=2026-99", "month=0000-01", "day=2026-02-31", "day=9999-12-31", "at=yesterday",
        "at=9999-12-31T23:59Z", "at=0001-01-01T00:00%2B14:00", "at=2026-11-24T09:00", "clock=13",
        "tz=../../etc/passwd", "tz=%00", "month=%00", "at=%F0%9F%92%A9", "tz=" + "x" * 5000,
        "change=nonsense",
    ],
)  # fmt: skip
def test_nonsense_in_the_address_is_no_error_of_ours(
    client: Client, calendar: Calendar, query: str
) -> None:
    response = client.get(f"{PUBLIC}?{query}")
    assert response.status_code in {200, 422}
    assert len(slots_on(response)) > 0


@pytest.mark.parametrize(
    "path", ["/l/abc/", "/l/" + "x" * 22 + "/", "/l/%00%ff/", "/book/no-such/", "/book/%00/"]
)
def test_unknown_address_is_404(client: Client, calendar: Calendar, path: str) -> None:
    assert client.get(path).status_code == 404


def test_twelve_hour_clock_is_kept_in_every_address(client: Client, calendar: Calendar) -> None:
    text = text_of(client.get(f"{PUBLIC}?clock=12"))
    assert ">9:00 am<" in text
    assert "?clock=12&day=2026-11-24" in text


def test_other_clock_leaves_the_day_that_was_chosen(client: Client, calendar: Calendar) -> None:
    text = text_of(client.get(f"{PUBLIC}?clock=12&day=2026-11-25"))
    assert 'href="?clock=24&day=2026-11-25"' in text


def test_slot_that_is_taken_is_said_so(client: Client, calendar: Calendar) -> None:
    BookingFactory.create(calendar=calendar, starts_at=SUNDAY + timedelta(days=1))
    response = client.get(f"{PUBLIC}?at=2026-11-23T12:00Z")
    assert "That time is not free. Please choose another." in text_of(response)
    assert "2026-11-23T12:00:00+00:00" not in slots_on(response)


def test_slot_that_is_not_free_shows_the_others_of_its_day(
    client: Client, calendar: Calendar
) -> None:
    wednesday = "?at=2026-11-24T23:30Z"
    assert 'aria-label="Wednesday 25 November' in chosen_on(client, wednesday)
    assert 'aria-label="Thursday 3 December' in chosen_on(client, "?at=2026-12-03T02:00Z")
    # If the address names a day, the page shows that day.
    assert 'aria-label="Tuesday 24 November' in chosen_on(client, f"{wednesday}&day=2026-11-24")


def chosen_on(client: Client, state: str) -> str:
    """Return the link of the day that is chosen on the page, as HTML."""
    text = text_of(client.get(f"{PUBLIC}{state}"))
    return next(tag for tag in text.split("<td") if "aria-current" in tag)


def test_month_without_free_time_offers_the_next(client: Client, calendar: Calendar) -> None:
    for day in range(23, 31):
        DateOverride.objects.create(calendar=calendar, date=f"2026-11-{day}")
    text = text_of(client.get(f"{PUBLIC}?month=2026-11"))
    assert "Nothing free in November 2026" in text
    assert "Next free: Tuesday 1 December" in text
    # After the last free day, the page offers the first one.
    Calendar.objects.update(booking_window_days=41)
    DateOverride.objects.create(calendar=calendar, date="2027-01-01")
    text = text_of(client.get(f"{PUBLIC}?month=2027-01"))
    assert "Nothing free in January 2027" in text
    assert shows(text, 'href="?day=2026-12-01" data-focus="times-heading">Next free: Tuesday 1 Dec')


@pytest.mark.parametrize(("days", "zone", "has_more"), [
    (39, "Europe/Berlin", False), (40, "Europe/Berlin", True),
    (39, "Pacific/Kiritimati", True), (40, "America/Los_Angeles", True),
])  # fmt: skip
def test_no_arrow_leads_to_a_month_after_the_last_bookable_date(
    client: Client, calendar: Calendar, days: int, zone: str, has_more: bool
) -> None:
    """A window of 39 days ends on 31 December, whose last hours are in January in Kiritimati."""
    Calendar.objects.update(booking_window_days=days)
    text = text_of(client.get(f"{PUBLIC}?month=2026-12&tz={zone}"))
    assert ('rel="next"' in text) is has_more
    beyond = text_of(client.get(f"{PUBLIC}?month=2027-01&tz={zone}"))
    assert ("January 2027" in beyond) is has_more


def test_calendar_without_hours_says_so(client: Client, olive: Owner) -> None:
    CalendarFactory.create(owner=olive, slug="empty", hours=[])
    assert "Nothing free at the moment" in text_of(client.get("/book/empty/"))


@pytest.mark.parametrize("inactive_owner", [True, False])
def test_paused_calendar_shows_no_slots(
    client: Client, calendar: Calendar, link: OneTimeLink, inactive_owner: bool
) -> None:
    if inactive_owner:
        Owner.objects.update(is_active=False)
    else:
        Calendar.objects.update(paused_at=timezone.now())
    for address in (PUBLIC, link.get_absolute_url()):
        response = client.get(address)
        assert response.status_code == 200
        assert "Not taking bookings at the moment" in text_of(response)
        assert not findall("[?&]at=", text_of(response))


def test_deleted_calendar_is_gone_and_its_links_say_so(
    client: Client, calendar: Calendar, link: OneTimeLink
) -> None:
    Calendar.objects.update(deleted_at=timezone.now())
    assert client.get(PUBLIC).status_code == 404
    response = client.get(link.get_absolute_url())
    assert response.status_code == 410
    assert "no longer offered" in text_of(response)


def test_address_in_capitals_leads_to_the_page(client: Client, calendar: Calendar) -> None:
    assert client.get("/book/Discovery-Call/")["Location"] == PUBLIC


def test_former_address_leads_to_the_new_one(client: Client, calendar: Calendar) -> None:
    CalendarAddress.objects.create(slug="old-name", calendar=calendar)
    response = client.get("/book/old-name/?day=2026-11-25")
    assert (response.status_code, response["Location"]) == (302, f"{PUBLIC}?day=2026-11-25")
    assert client.get("/book/old-name/embed/")["Location"] == f"{PUBLIC}embed/"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"expires_at": SUNDAY}, "This link has expired"),
        ({"revoked_at": SUNDAY}, "This link has been revoked"),
    ],
)
def test_dead_link_says_why_and_whom_to_ask(
    client: Client, calendar: Calendar, facts: dict, words: str
) -> None:
    facts["created_at"] = SUNDAY - timedelta(days=1)
    link = OneTimeLinkFactory.create(calendar=calendar, note="Secret", **facts)
    response = client.get(link.get_absolute_url())
    assert response.status_code == 410
    assert words in text_of(response)
    assert "Olive Owner" in text_of(response)
    assert "Ask for a new link" in text_of(response)
    assert "Secret" not in text_of(response)


def test_used_link_shows_nothing_of_its_booking(
    client: Client, calendar: Calendar, link: OneTimeLink
) -> None:
    booking = BookingFactory.create(calendar=calendar, one_time_link=link)
    response = client.get(link.get_absolute_url())
    assert response.status_code == 410
    text = text_of(response)
    assert "This link has been used" in text
    for secret in (booking.client_name, booking.client_email, booking.manage_token, link.note):
        assert secret not in text


def test_reading_never_spends(client: Client, link: OneTimeLink) -> None:
    for _ in range(20):
        client.get(link.get_absolute_url())
        client.head(link.get_absolute_url())
        client.options(link.get_absolute_url())
        client.get(f"{link.get_absolute_url()}bookings/")
    assert client.get(link.get_absolute_url()).status_code == 200
    assert not Booking.objects.exists()


def test_only_the_embed_may_be_framed(
    client: Client, calendar: Calendar, link: OneTimeLink
) -> None:
    booking = BookingFactory.create(calendar=calendar, one_time_link=link)
    manage = booking.get_absolute_url()
    addresses = (PUBLIC, link.get_absolute_url(), manage, "/calendars/", "/admin/login/")
    for address in addresses:
        response = client.get(address)
        assert response["X-Frame-Options"] == "DENY", address
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    public = BookingFactory.create(calendar=calendar, starts_at=SUNDAY + timedelta(days=9))
    for address in (f"{PUBLIC}embed/", f"{PUBLIC}embed/bookings/{public.manage_token}/"):
        embed = client.get(address)
        assert embed.status_code == 200
        assert "X-Frame-Options" not in embed
        assert "frame-ancestors *" in embed["Content-Security-Policy"]
    # The embed confirms only bookings of its own calendar that were made without a link.
    for path in (
        f"{PUBLIC}embed/bookings/{booking.manage_token}/",
        f"/book/other/embed/bookings/{public.manage_token}/",
    ):
        assert client.get(path).status_code == 404


def test_last_month_of_a_client_far_ahead_of_the_calendar(client: Client, olive: Owner) -> None:
    """Kiritimati is 25 hours ahead of Pago Pago: the last slot may be two dates later there."""
    CalendarFactory.create(
        owner=olive,
        slug="pago-pago",
        time_zone="Pacific/Pago_Pago",
        booking_window_days=7,
        hours=[(weekday, 0, 24 * 60) for weekday in range(7)],
    )
    # The last date in Pago Pago is 29 November; its late evening is 1 December in Kiritimati.
    text = text_of(client.get("/book/pago-pago/?tz=Pacific/Kiritimati"))
    assert "month=2026-12" in text
    response = client.get("/book/pago-pago/?tz=Pacific/Kiritimati&month=2026-12")
    assert slots_on(response) == ["2026-11-30T10:00:00+00:00", "2026-11-30T10:30:00+00:00"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Referer": "https://elsewhere.example/"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Referer": "http://testserver/"},
    ],
)
def test_link_that_somebody_sent_chooses_for_its_own_page_alone(
    client: Client, calendar: Calendar, headers: dict[str, str]
) -> None:
    response = client.get(f"{PUBLIC}?tz=tokyo&chosen=on&lang=fr", headers=headers)
    assert "UTC+9" in text_of(response)
    assert response["Content-Language"] == "fr-FR"
    assert not client.cookies


def test_zone_cookie_is_secure_over_https(client: Client, calendar: Calendar) -> None:
    for secure in (True, False):
        own = {"Sec-Fetch-Site": "same-origin"}
        response = client.get(f"{PUBLIC}?tz=tokyo&chosen=on", secure=secure, headers=own)
        assert bool(response.cookies["tz"]["secure"]) is secure


def test_only_a_part_of_the_page_is_sent_as_a_fragment(client: Client, calendar: Calendar) -> None:
    """The script loads anything that is not marked as a fragment as a page of its own."""
    Calendar.objects.update(description="Please bring a sketch.")
    fragment = client.get(PUBLIC, headers={"X-Fragment": "1"})
    assert fragment["X-Fragment"] == "1"
    assert "<main" not in text_of(fragment)
    # The page has the description already.
    assert "bring a sketch" not in text_of(fragment)
    assert '<div class="description"' in text_of(fragment)
    Calendar.objects.update(paused_at=SUNDAY)
    whole = client.get(PUBLIC, headers={"X-Fragment": "1"})
    assert "X-Fragment" not in whole
    assert "<main" in text_of(whole)
    assert "bring a sketch" in text_of(whole)
