"""The worker forgets clients so many days after their booking, for owners who have chosen so."""

import uuid
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client

from booking.delivery.worker import ALL_JOBS
from booking.models import Booking, Mail
from booking.privacy import forget as forget_module
from booking.privacy.forget import BATCH, forget_batch, forget_clients
from booking.privacy.personal import ERASED
from booking.upkeep.invariants import examine
from calendars.models import Calendar, Owner
from calendars.outbox.mailbox import folder_of, names_in
from onetime_links.models import LinkRequest
from tests.booking.conftest import SUNDAY
from tests.booking.privacy.conftest import DAY, book
from tests.support.database.queries import all_rows, counted_queries
from tests.support.pages.parsing import text_of
from tests.support.world.factories import (
    BookingFactory,
    CalendarFactory,
    LinkRequestFactory,
    MailFactory,
    OneTimeLinkFactory,
)

pytestmark = pytest.mark.django_db
PROFILE = {"display_name": "Olive", "email": "olive@example.com"}


def forgetting(calendar: Calendar, days: int) -> Owner:
    calendar.owner.forget_after_days = days
    calendar.owner.save(update_fields=["forget_after_days"])
    return calendar.owner


def test_nobody_is_forgotten_unless_the_owner_chooses_so(both: tuple[Owner, Owner]) -> None:
    before = all_rows()
    forget_clients()
    assert all_rows() == before


def test_clients_are_forgotten_on_the_day_and_not_before(calendar: Calendar) -> None:
    owner = forgetting(calendar, 30)
    half_hour = calendar.duration
    old = book(calendar, "Violet", SUNDAY - 30 * DAY - half_hour)
    a_second_later = old.starts_at + timedelta(seconds=1)
    young = book(calendar, "Indigo", a_second_later, cancelled_at=SUNDAY)
    others = book(CalendarFactory.create(), "Saffron", SUNDAY - 90 * DAY)
    forget_clients()
    names = dict(Booking.objects.values_list("pk", "client_name"))
    assert names == {old.pk: ERASED, young.pk: "Cleo Indigo", others.pk: "Cleo Saffron"}
    assert len(names_in(folder_of(owner.pk))) == 1
    assert list(examine()) == []


def test_cancelled_bookings_are_forgotten_by_their_time_and_upcoming_ones_kept(
    both: tuple[Owner, Owner],
) -> None:
    Owner.objects.update(forget_after_days=1)
    forget_clients()
    texts = str(all_rows())
    past = Booking.objects.filter(ends_at__lte=SUNDAY - DAY)
    assert set(past.values_list("client_name", flat=True)) == {ERASED}
    assert Booking.objects.filter(client_name=ERASED).count() == past.count() == 6
    assert "Ill, Violet" in texts  # the message about a booking that is still to come


def test_old_requests_are_forgotten_and_links_notes_stay(calendar: Calendar) -> None:
    forgetting(calendar, 30)
    link = OneTimeLinkFactory.create(calendar=calendar, note="Acme", revoked_at=SUNDAY)
    LinkRequestFactory.create(link=link, created_at=SUNDAY - 30 * DAY, word="Please")
    forget_clients()
    request = LinkRequest.objects.get()
    assert (request.client_name, request.word, request.dismissed_at) == (ERASED, "", SUNDAY)
    link.refresh_from_db()
    assert link.note == "Acme"


def test_batches_are_small_and_a_run_goes_on_until_all_are_done(calendar: Calendar) -> None:
    owner = forgetting(calendar, 1)
    others = forgetting(CalendarFactory.create(), 1)
    for hour in range(BATCH + 10):
        BookingFactory.create(calendar=calendar, starts_at=SUNDAY - 9 * DAY - hour * DAY / 24)
    BookingFactory.create(calendar=CalendarFactory.create(owner=others), starts_at=SUNDAY - 2 * DAY)
    assert forget_batch(owner=owner, now=SUNDAY) == BATCH
    assert Booking.objects.filter(erased_at=None).count() == 11
    forget_clients()
    assert Booking.objects.filter(erased_at=None).count() == 0


def test_run_that_takes_long_leaves_the_rest_for_the_next(
    calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgetting(calendar, 1)
    book(calendar, "Violet", SUNDAY - 9 * DAY)
    monkeypatch.setattr(forget_module, "LONGEST_RUN", 0.0)
    forget_clients()
    assert Booking.objects.filter(client_name="Cleo Violet").exists()


def test_batch_takes_as_many_statements_for_thirty_bookings_as_for_one(calendar: Calendar) -> None:
    owner, counts = forgetting(calendar, 1), []
    for days in ([1], range(2, 32)):
        for day in days:
            book(calendar, "Violet", SUNDAY - (day + 1) * DAY)
        with counted_queries() as statements:
            forget_batch(owner=owner, now=SUNDAY)
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_email_in_hand_lets_the_batch_wait(calendar: Calendar) -> None:
    owner = forgetting(calendar, 1)
    booking = book(calendar, "Violet", SUNDAY - 9 * DAY)
    MailFactory.create(
        booking=booking, lease=uuid.uuid4(), next_try_at=SUNDAY + timedelta(minutes=5)
    )
    assert forget_batch(owner=owner, now=SUNDAY) == 0
    Mail.objects.filter(done_at=None).update(done_at=SUNDAY)
    assert forget_batch(owner=owner, now=SUNDAY) == 1


def test_owner_who_changes_their_mind_meanwhile_keeps_clients(calendar: Calendar) -> None:
    owner = forgetting(calendar, 1)
    book(calendar, "Violet", SUNDAY - 9 * DAY)
    Owner.objects.update(forget_after_days=None)
    assert forget_batch(owner=owner, now=SUNDAY) == 0


@pytest.mark.django_db(transaction=True)
def test_worker_does_it(calendar: Calendar) -> None:
    forgetting(calendar, 1)
    book(calendar, "Violet", SUNDAY - 9 * DAY)
    assert forget_clients in [job.run for job in ALL_JOBS]
    call_command("work", "--once")
    assert "Violet" not in str(all_rows())


def test_profile_takes_the_days_and_says_what_follows(signed_in: Client, olive: Owner) -> None:
    page = text_of(signed_in.get("/profile/"))
    assert "Days after a booking until its client’s name, email, answers and messages are" in page
    for typed, days, said in (
        ("90", 90, "Clients are forgotten from now on,"),
        ("", None, "Clients are not forgotten any more."),
    ):
        done = signed_in.post("/profile/", {**PROFILE, "forget_after_days": typed}, follow=True)
        olive.refresh_from_db()
        assert olive.forget_after_days == days
        assert said in text_of(done)
    refused = signed_in.post("/profile/", {**PROFILE, "forget_after_days": "0"})
    assert refused.status_code == 422


def test_profile_sent_by_a_tab_of_before_keeps_the_choice(signed_in: Client, olive: Owner) -> None:
    Owner.objects.update(forget_after_days=90)
    done = signed_in.post("/profile/", PROFILE, follow=True)
    olive.refresh_from_db()
    assert olive.forget_after_days == 90
    assert "Clients are forgotten" not in text_of(done)
