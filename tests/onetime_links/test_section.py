"""The section One-Time Links, by its addresses."""

from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from calendars.models import Calendar
from onetime_links.links import edit_link
from onetime_links.listing import PAGE_SIZE
from onetime_links.models import OneTimeLink
from tests.support.database.queries import at_most_queries, counted_queries
from tests.support.pages.parsing import shows
from tests.support.pages.signing_out import is_sign_in_page
from tests.support.world.factories import BookingFactory, OneTimeLinkFactory

SECTION = "/calendars/discovery-call/one-time-links/"
DAY = timedelta(days=1)


def text_of(response: Any) -> str:
    """Return the text of the answer, with single spaces."""
    return " ".join(unescape(response.content.decode()).split())


def notes(response: Any) -> list[str]:
    return [row.link.note for row in response.context["links"].rows]


def counts(response: Any) -> list[str]:
    return [f"{each.label} ({each.count})" for each in response.context["links"].filters]


@pytest.fixture
def one_of_each(calendar: Calendar) -> dict[str, OneTimeLink]:
    """Links by their status, which is also in their note."""
    now = timezone.now()
    facts: dict[str, dict[str, Any]] = {
        "expired": {"expires_at": now - DAY},
        "revoked": {"revoked_at": now - DAY},
        "used": {},
        "active": {"expires_at": now + 9 * DAY},
    }
    links = {
        status: OneTimeLinkFactory.create(
            calendar=calendar, note=status, created_at=now - (9 - n) * DAY, **fields
        )
        for n, (status, fields) in enumerate(facts.items())
    }
    BookingFactory.create(calendar=calendar, one_time_link=links["used"], client_name="Jo Berg")
    return links


# Generate


def test_form_opens_without_script(owner_client: Client, calendar: Calendar) -> None:
    assert owner_client.get(SECTION).context["form"] is None
    page = owner_client.get(f"{SECTION}?new")
    assert list(page.context["form"].fields) == ["expires_at", "note"]
    assert "optional, Europe/Berlin" in text_of(page)


def test_generated_link_is_shown_at_once(owner_client: Client, calendar: Calendar) -> None:
    expires = (timezone.now() + 9 * DAY).astimezone(calendar.zone).strftime("%Y-%m-%dT%H:%M")
    response = owner_client.post(SECTION, {"note": "Acme, Ms Ito", "expires_at": expires})
    link = calendar.one_time_links.get()
    assert (response.status_code, response["Location"]) == (302, f"{SECTION}?made={link.pk}")
    assert link.note == "Acme, Ms Ito"
    page = owner_client.get(response["Location"])
    assert f'value="{link.address}" readonly' in text_of(page)
    assert "For Acme, Ms Ito. Expires" in text_of(page)


def test_empty_form_makes_a_link_that_is_valid_until_used(
    owner_client: Client, calendar: Calendar
) -> None:
    assert owner_client.post(SECTION, {}).status_code == 302
    link = calendar.one_time_links.get()
    assert (link.note, link.expires_at) == ("", None)


@pytest.mark.parametrize("kind", ["expired", "revoked", "used"])
def test_dead_link_is_not_shown_as_new(
    owner_client: Client, one_of_each: dict[str, OneTimeLink], kind: str
) -> None:
    page = owner_client.get(f"{SECTION}?made={one_of_each[kind].pk}")
    assert page.context["links"].made is None


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"expires_at": "2020-01-01T00:00"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59"}, "expires_at"),
        ({"note": "x" * 201}, "note"),
        ({"note": "a\x00b"}, "note"),
        ({"note": "a\nb"}, "note"),
        ({"note": "a\u202eb"}, "note"),
    ],
)
def test_refused_form_keeps_what_was_typed(
    owner_client: Client, calendar: Calendar, data: dict[str, str], field: str
) -> None:
    typed = {"note": "Acme", "expires_at": "", **data}
    response = owner_client.post(SECTION, typed)
    assert response.status_code == 422
    form = response.context["form"]
    assert list(form.errors) == [field]
    assert {name: form[name].value() for name in typed} == typed
    assert not OneTimeLink.objects.exists()


@pytest.mark.parametrize("note", ["x" * 200, "😀" * 200, "<script>", "Ünïcode “q” & co"])
def test_odd_notes_are_kept_and_shown(owner_client: Client, calendar: Calendar, note: str) -> None:
    page = owner_client.post(SECTION, {"note": note}, follow=True)
    assert calendar.one_time_links.get().note == note
    assert note in text_of(page)
    assert "<script>" not in page.content.decode()


def test_odd_bytes_are_no_fault(owner_client: Client, calendar: Calendar) -> None:
    form = "application/x-www-form-urlencoded"
    response = owner_client.post(SECTION, b"note=%ff%fe\xff&expires_at=%00", content_type=form)
    assert response.status_code == 422


def test_preset_fills_in_and_makes_nothing(owner_client: Client, calendar: Calendar) -> None:
    response = owner_client.post(SECTION, {"note": "Acme", "preset": "1-week"})
    assert response.status_code == 200
    form = response.context["form"]
    week = (timezone.now() + 7 * DAY).astimezone(calendar.zone)
    assert form["expires_at"].value()[:10] == f"{week:%Y-%m-%d}"
    assert form["note"].value() == "Acme"
    assert not OneTimeLink.objects.exists()


def test_made_up_preset_makes_nothing(owner_client: Client, calendar: Calendar) -> None:
    data = {"note": "Acme", "expires_at": "2099-01-01T10:00", "preset": "1-century"}
    form = owner_client.post(SECTION, data).context["form"]
    assert (form["note"].value(), form["expires_at"].value()) == ("Acme", "2099-01-01T10:00")
    assert not OneTimeLink.objects.exists()


# The list


def test_empty_section_offers_the_one_next_step(owner_client: Client, calendar: Calendar) -> None:
    text = text_of(owner_client.get(SECTION))
    assert text.count("Generate Link") == 1
    assert "Search notes" not in text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["active", "used"]),
        ("?show=current", ["active", "used"]),
        ("?show=expired", ["expired"]),
        ("?show=revoked", ["revoked"]),
        ("?show=all", ["active", "used", "revoked", "expired"]),
        ("?show=bogus", ["active", "used"]),
        ("?q=USE", ["used"]),
        ("?q=e", ["active", "used"]),
        ("?show=all&q=re", ["revoked", "expired"]),
        ("?q=nothing", []),
    ],
)
def test_filters_and_search(
    owner_client: Client, one_of_each: dict[str, OneTimeLink], query: str, shown: list[str]
) -> None:
    assert notes(owner_client.get(SECTION + query)) == shown


def test_counts(owner_client: Client, one_of_each: dict[str, OneTimeLink]) -> None:
    assert counts(owner_client.get(SECTION)) == [
        "Active and used (2)",
        "Expired (1)",
        "Revoked (1)",
        "All (4)",
    ]
    assert counts(owner_client.get(f"{SECTION}?q=used"))[0] == "Active and used (1)"


def test_rows_say_what_works_for_them(
    owner_client: Client, one_of_each: dict[str, OneTimeLink]
) -> None:
    text = text_of(owner_client.get(f"{SECTION}?show=all"))
    rows = {row.split('"')[0]: row for row in text.split('<li class="link-row" id="link-')[1:]}
    for status, link in one_of_each.items():
        row = rows[str(link.pk)]
        lives = status == "active"
        assert f">{status.title()}</span>" in row
        offered = [shows(row, f">{word}<") for word in ("Copy", "Revoke", "Edit")]
        assert offered == [lives, lives, True]
        assert (link.token in row) == lives
        assert link.short_address in row
    assert "(in 9 days)" in rows[str(one_of_each["active"].pk)]


def test_used_link_leads_to_its_booking(
    owner_client: Client, one_of_each: dict[str, OneTimeLink]
) -> None:
    booking = one_of_each["used"].booking
    text = text_of(owner_client.get(SECTION))
    assert f'<a href="/bookings/{booking.pk}/">booked by Jo Berg, ' in text


def test_cancelled_booking_is_said(
    owner_client: Client, one_of_each: dict[str, OneTimeLink]
) -> None:
    booking = one_of_each["used"].booking
    booking.cancelled_at = timezone.now()
    booking.save()
    text = text_of(owner_client.get(SECTION))
    assert "booked by Jo Berg, " in text
    assert ", cancelled" in text


@pytest.mark.parametrize("search", ["özil", "ÖZIL GM", "ozil", "o\u0308zil", "STRASSE", "straße"])
def test_search_finds_a_note_however_it_is_written(
    owner_client: Client, calendar: Calendar, search: str
) -> None:
    OneTimeLinkFactory.create(calendar=calendar, note="Özil GmbH, Lange Straße")
    OneTimeLinkFactory.create(calendar=calendar, note="Zoe Zorn")
    assert notes(owner_client.get(SECTION, {"q": search})) == ["Özil GmbH, Lange Straße"]


def test_edited_note_is_found_at_once(owner_client: Client, calendar: Calendar) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar, note="Özil")
    edit_link(link=link, now=timezone.now(), note="ÖZIL")
    assert notes(owner_client.get(SECTION, {"q": "özil"})) == ["ÖZIL"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("%", ["100%"]),
        ("_", ["a_b"]),
        ("\\", ["c\\d"]),
        ("100%", ["100%"]),
        ("'", ["it’s", "it's"]),
    ],
)
def test_search_takes_every_sign_as_itself(
    owner_client: Client, calendar: Calendar, search: str, found: list[str]
) -> None:
    for note in ("100%", "a_b", "c\\d", "it's", "it’s", "plain"):
        OneTimeLinkFactory.create(calendar=calendar, note=note)
    assert notes(owner_client.get(SECTION, {"q": search})) == found


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=" + "x" * 300,
        "older_than=x",
        "older_than=-1",
        "newer_than=99999999999999999999999",
        "older_than=9223372036854775807",
        "made=0",
        "made=9223372036854775807",
        "kept=%ff",
        "place=moon",
        "show=%00",
    ],
)
def test_nonsense_in_the_address_is_as_nothing(
    owner_client: Client, one_of_each: dict[str, OneTimeLink], query: str
) -> None:
    response = owner_client.get(f"{SECTION}?{query}")
    assert response.status_code == 200
    assert notes(response) == ["active", "used"]


# Paging


def test_pages_hold_every_link_once(owner_client: Client, calendar: Calendar) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    # Many links have the same creation time; then the key decides.
    links = OneTimeLink.objects.bulk_create(
        OneTimeLink(calendar=calendar, note=str(n), created_at=start + DAY * (n // 20))
        for n in range(2 * PAGE_SIZE + 5)
    )
    wanted = [link.note for link in reversed(links)]
    pages, address = [], SECTION
    while address:
        response = owner_client.get(address)
        pages.append(notes(response))
        address = response.context["links"].older
    assert [len(page) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 5]
    assert [note for page in pages for note in page] == wanted
    newer = response.context["links"].newer
    response = owner_client.get(newer)
    assert notes(response) == pages[1]
    response = owner_client.get(response.context["links"].newer)
    assert notes(response) == pages[0]
    assert response.context["links"].newer is None


def test_newer_of_less_than_a_page_is_the_newest_page(
    owner_client: Client, calendar: Calendar
) -> None:
    links = [OneTimeLinkFactory.create(calendar=calendar, note=str(n)) for n in range(30)]
    response = owner_client.get(f"{SECTION}?newer_than={links[20].pk}")
    assert notes(response) == [str(n) for n in range(29, 4, -1)]
    assert response.context["links"].newer is None


def test_page_beyond_the_oldest_is_the_newest_page(
    owner_client: Client, calendar: Calendar
) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar, note="only")
    assert notes(owner_client.get(f"{SECTION}?older_than={link.pk}")) == ["only"]


def test_page_can_start_with_a_link(owner_client: Client, calendar: Calendar) -> None:
    now = timezone.now()
    links = [
        OneTimeLinkFactory.create(calendar=calendar, note=str(n), created_at=now - n * DAY)
        for n in range(PAGE_SIZE + 5)
    ]
    response = owner_client.get(f"{SECTION}?start={links[20].pk}")
    assert notes(response) == [str(n) for n in range(20, PAGE_SIZE + 5)]
    assert response.context["links"].older is None
    assert notes(owner_client.get(response.context["links"].newer)) == [
        str(n) for n in range(PAGE_SIZE)
    ]
    assert owner_client.get(f"{SECTION}?start={links[0].pk}").context["links"].newer is None


def test_pages_keep_filter_and_search(owner_client: Client, calendar: Calendar) -> None:
    for _ in range(PAGE_SIZE + 1):
        OneTimeLinkFactory.create(calendar=calendar, note="Acme")
    response = owner_client.get(f"{SECTION}?show=all&q=acme")
    assert response.context["links"].older.startswith(f"{SECTION}?show=all&q=acme&older_than=")


def test_same_queries_for_one_row_and_for_thirty(owner_client: Client, calendar: Calendar) -> None:
    numbers = []
    for rows in (1, 29):
        for _ in range(rows):
            link = OneTimeLinkFactory.create(calendar=calendar)
            BookingFactory.create(calendar=calendar, one_time_link=link)
        with counted_queries() as statements:
            owner_client.get(SECTION)
        numbers.append(len(statements))
    assert numbers[0] == numbers[1] <= 7


def test_two_thousand_links(owner_client: Client, calendar: Calendar) -> None:
    links = OneTimeLink.objects.bulk_create(
        OneTimeLink(calendar=calendar, note=f"Note {n}") for n in range(2000)
    )
    OneTimeLink.objects.filter(pk__in=[link.pk for link in links[:1000]]).update(
        revoked_at=timezone.now() - DAY
    )
    with at_most_queries(8), counted_queries() as statements:
        response = owner_client.get(f"{SECTION}?show=all&older_than={links[1500].pk}")
    assert counts(response) == [
        "Active and used (1000)",
        "Expired (0)",
        "Revoked (1000)",
        "All (1,000+)",
    ]
    assert len(notes(response)) == PAGE_SIZE
    # Every query has a limit, except those for single rows by their key.
    lists = [sql for sql in statements if "onetime_links_onetimelink" in sql]
    assert lists
    assert not [sql for sql in lists if "LIMIT" not in sql]


# Isolation


@pytest.fixture
def sams_link(sams_calendar: Calendar) -> OneTimeLink:
    return OneTimeLinkFactory.create(calendar=sams_calendar, note="Sam's secret")


def test_stranger_gets_404_everywhere(owner_client: Client, sams_link: OneTimeLink) -> None:
    slug, pk, before = sams_link.calendar.slug, sams_link.pk, OneTimeLink.objects.values().get()
    section = f"/calendars/{slug}/one-time-links/"
    for address in (section, f"{section}{pk}/", f"/calendars/{slug}/share/one-time-link/"):
        assert owner_client.get(address).status_code == 404
        assert owner_client.post(address, {"note": "mine"}).status_code == 404
    for noun in ("revocation", "restoration"):
        assert owner_client.post(f"{section}{pk}/{noun}/").status_code == 404
    assert OneTimeLink.objects.values().get() == before


def test_own_calendar_does_not_lend_access_to_a_strangers_link(
    owner_client: Client, calendar: Calendar, sams_link: OneTimeLink
) -> None:
    before = OneTimeLink.objects.values().get()
    address = f"{SECTION}{sams_link.pk}/"
    assert owner_client.get(address).status_code == 404
    for path in (address, f"{address}revocation/", f"{address}restoration/"):
        assert owner_client.post(path, {"note": "mine"}).status_code == 404
    for name in ("made", "kept", "start", "older_than", "newer_than"):
        response = owner_client.get(f"{SECTION}?show=all&{name}={sams_link.pk}")
        assert response.status_code == 200
        assert "Sam's secret" not in text_of(response)
        assert sams_link.token not in text_of(response)
    assert OneTimeLink.objects.values().get() == before


def test_link_of_another_own_calendar_is_404(
    owner_client: Client, calendar: Calendar, olive: Any
) -> None:
    other = OneTimeLinkFactory.create(calendar__owner=olive)
    assert owner_client.get(f"{SECTION}{other.pk}/").status_code == 404


@pytest.mark.parametrize("pk", ["9" * 30, "9" * 5000, "0", "-1", "x"])
def test_keys_that_cannot_be_are_404(owner_client: Client, calendar: Calendar, pk: str) -> None:
    assert owner_client.get(f"{SECTION}{pk}/").status_code == 404


def test_deleted_calendar_is_404(owner_client: Client, calendar: Calendar) -> None:
    calendar.deleted_at = timezone.now()
    calendar.save()
    assert owner_client.get(SECTION).status_code == 404


def test_signed_out_visitor_is_asked_to_sign_in(client: Client, calendar: Calendar) -> None:
    assert client.get(SECTION)["Location"].startswith("/sign-in/")
    assert is_sign_in_page(client.post(SECTION))
    assert not OneTimeLink.objects.exists()


def test_no_token_stands_in_titles_or_addresses(
    owner_client: Client, one_of_each: dict[str, OneTimeLink]
) -> None:
    link = one_of_each["active"]
    for address in (SECTION, f"{SECTION}{link.pk}/", f"{SECTION}?made={link.pk}"):
        text = text_of(owner_client.get(address))
        title = text.split("<title>")[1].split("</title>")[0]
        assert link.token not in title
        assert link.note not in title
        assert f'href="/l/{link.token}' not in text
        assert f'action="/l/{link.token}' not in text
