"""The acts of clients, owners and workers, each once, with their queries of a seeded database."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.client.picker import instant_text
from booking.client.visit import FRAGMENT_HEADER
from booking.delivery.mail.kind import BookingMails
from booking.models import Booking, Mail
from booking.owner.feed import open_feed
from booking.privacy.forget import forget_batch
from calendars.kit.search.renewal import renew
from calendars.models import MAX_FORGET_DAYS, Owner
from calendars.outbox.handover import read_facts
from calendars.outbox.leases import claim_next
from calendars.outbox.postman import Postman
from onetime_links.queries import LinkFilter
from tests.benchmark.desks import Desks
from tests.benchmark.seed import (
    BOOKED_AHEAD,
    BUSY,
    LISTER,
    MANY_LINKS_AT,
    active_link,
    month_ahead,
    nine_o_clock,
    slug_of,
)
from tests.support.database.queries import counted_queries

HOST = urlsplit(settings.BASE_URL).netloc
FRAGMENT = {FRAGMENT_HEADER: "1"}
RARE_CLIENT = "mo@example.com"
SEARCHES = ("", "company", "000007")

# The name of an act, and the statements that it took.
Done = tuple[str, Sequence[str]]


def all_that_is_done(desks: Desks) -> Iterator[Done]:
    for calendar in (BUSY, BOOKED_AHEAD):
        yield from pages_of_client(calendar, desks)
        yield from pages_of_owner(calendar)
    yield from lists_of_links()
    yield book(desks, BOOKED_AHEAD)
    yield send_mail()


def pages_of_client(calendar: int, desks: Desks) -> Iterator[Done]:
    month = f"month={month_ahead(desks.now):%Y-%m}"
    at = f"at={instant_text(nine_o_clock(desks.now, 7))}"
    addresses = [f"/book/{slug_of(calendar)}/", f"/book/{slug_of(calendar)}/embed/"]
    if calendar != BOOKED_AHEAD:
        addresses.append(f"/l/{active_link(calendar)}/")
    for address in addresses:
        for query in ("", month, at):
            yield visit(Client(), f"{address}?{query}")
            yield visit(Client(), f"{address}?{query}", **FRAGMENT)
    booking = Booking.objects.filter(host=calendar).latest("starts_at")
    yield visit(Client(), booking.get_absolute_url())
    yield visit(Client(), f"{booking.get_absolute_url()}reschedule/?{month}")


def pages_of_owner(owner: int) -> Iterator[Done]:
    client = browser(owner)
    booking = Booking.objects.filter(host=owner).latest("starts_at")
    queries = [f"show={show}" for show in ("upcoming", "past", "cancelled")]
    queries += ["q=cleo", "q=nobody"]
    paths = [f"/bookings/?{query}" for query in queries]
    paths += ["/calendars/", f"/bookings/{booking.pk}/", "/bookings/time-off/"]
    paths += [f"/bookings/{part}/?day={booking.starts_at:%Y-%m-%d}" for part in ("week", "month")]
    feed = open_feed(owner=Owner.objects.get(pk=owner)).feed_token
    for path in (*paths, f"/feed/{feed}/bookings.ics"):
        yield visit(client, path)
    yield export(client)
    yield look_for_client(client, booking)
    yield forget(owner)


def export(client: Client) -> Done:
    """Export bookings, which a cursor reads: PostgreSQL plans a cursor for its first rows."""
    what, [*others, bookings] = visit(client, "/bookings/export/")
    return what, [*others, f"DECLARE bookings NO SCROLL CURSOR FOR {bookings}"]


def look_for_client(client: Client, booking: Booking) -> Done:
    """Look for what is held of the client of this booking, who has no other.

    All the other bookings are of one person: reading all of them would end with the time of a page.
    """
    booking.client_email = RARE_CLIENT
    booking.save(update_fields=["client_email"])
    renew(booking, changed={"client_email"})
    path = reverse("booking:client_page")
    with counted_queries() as statements:
        response = client.post(path, {"email": RARE_CLIENT}, headers={"Host": HOST})
    return checked("POST", path, response.status_code, HTTPStatus.OK), statements


def forget(owner: int) -> Done:
    """Look for clients to forget; there are none of so long ago."""
    Owner.objects.filter(pk=owner).update(forget_after_days=MAX_FORGET_DAYS)
    with counted_queries() as statements:
        forget_batch(owner=Owner.objects.get(pk=owner), now=timezone.now())
    return "clients to forget", statements


def lists_of_links() -> Iterator[Done]:
    client = browser(LISTER)
    for show in LinkFilter:
        for text in SEARCHES:
            yield visit(client, f"{links_of(MANY_LINKS_AT)}?show={show}&q={text}")


def book(desks: Desks, calendar: int) -> Done:
    """Book by a new one-time link."""
    [form] = desks.forms(1, [calendar])
    _method, path, body = form.split()
    with counted_queries() as statements:
        response = Client().post(
            path,
            body,
            content_type="application/x-www-form-urlencoded",
            headers={"Host": HOST, "Origin": f"http://{HOST}"},
        )
    return checked("POST", path, response.status_code, HTTPStatus.SEE_OTHER), statements


def send_mail() -> Done:
    """Do everything for an email except sending it."""
    kind, now = BookingMails(Postman()), timezone.now()
    with counted_queries() as statements:
        mail = claim_next(kind.deliveries(), now=now, lease=timedelta(minutes=5))
        facts = mail and read_facts(kind, mail)
        if not facts or kind.is_untrue(facts, now=now):
            raise AssertionError("There is no email to send.")
        Mail.objects.overdue(at=now).first()
    return "an email", statements


def visit(client: Client, path: str, **headers: str) -> Done:
    with counted_queries() as statements:
        response = client.get(path, headers={"Host": HOST, **headers})
        # A streamed answer, such as an export, runs its queries while it is read.
        response.getvalue()
    kind = "GET a part of" if headers else "GET"
    return checked(kind, path, response.status_code, HTTPStatus.OK), statements


def checked(kind: str, path: str, answer: int, expected: int) -> str:
    if answer != expected:
        raise AssertionError(f"{kind} {path} was answered with {answer}")
    return f"{kind} {path}"


def links_of(calendar: int) -> str:
    return reverse("onetime_links:section", args=[slug_of(calendar)])


def browser(owner: int) -> Client:
    client = Client()
    client.force_login(Owner.objects.get(pk=owner))
    return client
