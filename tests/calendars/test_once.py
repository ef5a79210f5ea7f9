"""A form that is sent again finds what it made; whoever sends something else makes another."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from time import sleep
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import Client, RequestFactory

from calendars import once as once_module
from calendars.errors import AddressTaken
from calendars.lifecycle import create_calendar
from calendars.models import Calendar, CalendarAddress, Owner, SentForm
from calendars.once import Done, do_once, forget_sent_forms, sending_of
from onetime_links.links import generate_link
from onetime_links.models import OneTimeLink
from tests.support.database.queries import counted_queries
from tests.support.pages.parsing import words_of
from tests.support.races.processes import race
from tests.support.world.factories import CalendarFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
NAME = "A1" * 11
NEW = "/calendars/new/"
TALK = {"name": "Talk", "duration_minutes": "30", "time_zone": "UTC", "slug": ""}
RACERS = 6
OKS = ["ok"] * RACERS
AGAIN = "You already sent this form, so nothing new was made."


def make(owner: Owner, name: str | None = "x", *, now: datetime = NOW) -> Done[Calendar]:
    act = partial(create_calendar, owner=owner, name="Talk", time_zone="UTC")
    return do_once(owner=owner, name=name, among=Calendar.objects.of(owner), act=act, now=now)


def make_link(calendar: Calendar) -> Done[OneTimeLink]:
    """Make a link, with a pause before the transaction ends."""

    def act() -> OneTimeLink:
        link = generate_link(calendar=calendar, now=NOW)
        sleep(0.05)
        return link

    links = OneTimeLink.objects.of(calendar.owner)
    return do_once(owner=calendar.owner, name="x", among=links, act=act, now=NOW)


# The act


def test_same_name_finds_what_was_made(olive: Owner) -> None:
    first, second = make(olive), make(olive, now=NOW + timedelta(seconds=3))
    assert (first.is_repeat, second.is_repeat) == (False, True)
    assert first.made == second.made == Calendar.objects.get()
    sent = SentForm.objects.get()
    assert (sent.owner, sent.kind, sent.name) == (olive, "calendars.calendar", "x")
    assert (sent.result, sent.at) == (first.made.pk, NOW)


def test_other_name_or_none_makes_another(olive: Owner) -> None:
    for name in ("x", "y", None, None):
        assert not make(olive, name).is_repeat
    assert Calendar.objects.count() == 4
    assert SentForm.objects.count() == 2


def test_name_counts_for_its_own_owner_and_kind_only(olive: Owner, sam: Owner) -> None:
    SentForm.objects.create(
        owner=olive, kind="onetime_links.onetimelink", name="x", result=1, at=NOW
    )
    assert not make(sam).is_repeat
    assert not make(olive).is_repeat
    assert [each.owner for each in Calendar.objects.order_by("pk")] == [sam, olive]


def test_another_owners_thing_is_never_found(olive: Owner, sam: Owner) -> None:
    foreign = CalendarFactory.create(owner=sam)
    SentForm.objects.create(
        owner=olive, kind="calendars.calendar", name="x", result=foreign.pk, at=NOW
    )
    assert make(olive).made.owner == olive


def test_failed_act_leaves_its_name_free(olive: Owner) -> None:
    def fail() -> Calendar:
        create_calendar(owner=olive, name="Half", time_zone="UTC")
        raise AddressTaken

    with pytest.raises(AddressTaken):
        do_once(owner=olive, name="x", among=Calendar.objects.all(), act=fail, now=NOW)
    assert not SentForm.objects.exists()
    assert not Calendar.objects.exists()
    assert not make(olive).is_repeat


def test_what_is_gone_is_made_anew(olive: Owner) -> None:
    gone = make(olive).made
    Calendar.objects.update(deleted_at=NOW)
    later = NOW + timedelta(minutes=5)
    anew = make(olive, now=later)
    assert not anew.is_repeat
    assert anew.made != gone
    assert make(olive, now=later).made == anew.made
    assert SentForm.objects.get().at == later


@pytest.mark.parametrize(("seconds", "is_late"), [(-1, False), (10, False), (11, True)])
def test_double_click_is_told_from_a_later_repeat(
    olive: Owner, seconds: int, is_late: bool
) -> None:
    assert not make(olive).is_late_repeat
    assert make(olive, now=NOW + timedelta(seconds=seconds)).is_late_repeat == is_late


def test_it_costs_three_statements(olive: Owner) -> None:
    found = CalendarFactory.create(owner=olive)
    mine = Calendar.objects.of(olive)
    first = partial(do_once, owner=olive, name="x", among=mine, act=lambda: found, now=NOW)
    for _repeat in range(2):
        with counted_queries() as statements:
            first()
        assert len(statements) == 3


# At the same moment


@pytest.mark.django_db(transaction=True)
def test_many_at_the_same_moment_make_one(olive: Owner) -> None:
    assert race([partial(make_link, CalendarFactory.create(owner=olive))] * RACERS) == OKS
    assert SentForm.objects.get().result == OneTimeLink.objects.get().pk


@pytest.mark.django_db(transaction=True)
def test_control_without_the_claim_they_make_many(
    olive: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(once_module, "_claim", lambda sent: sent)
    monkeypatch.setattr(SentForm, "save", lambda *args, **kwargs: None)
    assert race([partial(make_link, CalendarFactory.create(owner=olive))] * RACERS) == OKS
    assert OneTimeLink.objects.count() == RACERS


@pytest.mark.django_db(transaction=True)
def test_second_makes_it_if_the_first_failed(olive: Owner) -> None:
    """The second waits for the first one's end, and then is the first to succeed."""

    def make_or_fail(*, fails: bool) -> None:
        with transaction.atomic():
            make(olive)
            if fails:
                sleep(0.2)
                raise AddressTaken

    outcomes = race([partial(make_or_fail, fails=fails) for fails in (True, False, False)])
    assert outcomes == ["AddressTaken", "ok", "ok"]
    assert Calendar.objects.count() == CalendarAddress.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_gone_is_made_anew_by_one(olive: Owner) -> None:
    make(olive)
    Calendar.objects.update(deleted_at=NOW)
    assert race([partial(make, olive)] * RACERS) == OKS
    assert Calendar.objects.of(olive).count() == 1


@pytest.mark.django_db(transaction=True)
def test_clearing_and_a_repeat_at_the_same_moment(olive: Owner) -> None:
    make(olive)
    assert race([forget_sent_forms, partial(make, olive)] * 3) == OKS


# Its day


def test_rows_are_kept_for_a_day(olive: Owner) -> None:
    for number in range(5):
        at = NOW - timedelta(days=1, seconds=number - 2)
        SentForm.objects.create(owner=olive, kind="x", name=f"{number}", result=1, at=at)
    with time_machine.travel(NOW, tick=False):
        forget_sent_forms(most=2)
        # The oldest go first.
        assert sorted(SentForm.objects.values_list("name", flat=True)) == ["0", "1", "2"]
        forget_sent_forms()
        forget_sent_forms()
    assert sorted(SentForm.objects.values_list("name", flat=True)) == ["0", "1"]


# The form


def sent(path: str = NEW, **fields: Any) -> str | None:
    request = RequestFactory().post(path, fields)
    request.user = AnonymousUser()
    return sending_of(request)


def test_sending_is_told_apart_by_name_address_and_content() -> None:
    base = sent(form_name=NAME, note="a", days=["1", "2"])
    assert base == sent(days=["1", "2"], note="a", form_name=NAME, csrfmiddlewaretoken="other")
    others = [
        sent(form_name="B" * 22, note="a", days=["1", "2"]),
        sent("/elsewhere/", form_name=NAME, note="a", days=["1", "2"]),
        sent(form_name=NAME, note="b", days=["1", "2"]),
        sent(form_name=NAME, note="a", days=["2", "1"]),
        sent(form_name=NAME, note="a", days="1"),
        sent(form_name=NAME, note="a", days=["1", "2"], more=""),
    ]
    assert len({base, *others}) == len(others) + 1


@pytest.mark.parametrize("name", [None, "", "short", "A" * 44, "A" * 21 + "\0", "A" * 21 + "²"])
def test_malformed_name_is_as_good_as_none(olive_client: Client, name: str | None) -> None:
    named = {} if name is None else {"form_name": name}
    assert sent(**named) is None
    for _twice in range(2):
        assert olive_client.post(NEW, {**TALK, **named}).status_code == 302
    assert Calendar.objects.count() == 2
    assert not SentForm.objects.exists()


@pytest.fixture
def olive_client(client: Client, olive: Owner) -> Client:
    client.force_login(olive)
    return client


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def send(olive_client: Client) -> Callable[..., Any]:
    """Send the form for a new calendar, and return the page that it leads to."""

    def send(**fields: str) -> Any:
        return olive_client.post(NEW, {**TALK, "form_name": NAME, **fields}, follow=True)

    return send


def test_double_click_is_answered_as_the_first(send: Callable[..., Any]) -> None:
    first, second = send(), send()
    assert first.redirect_chain == [("/calendars/talk/meeting-details/", 302)]
    assert second.redirect_chain == first.redirect_chain
    for page in (first, second):
        assert "“Talk” was created." in words_of(page)
        assert AGAIN not in words_of(page)
    assert Calendar.objects.count() == 1


def test_who_went_back_is_told(send: Callable[..., Any], clock: time_machine.Traveller) -> None:
    first = send()
    clock.shift(60)
    later = send()
    assert later.redirect_chain == first.redirect_chain
    assert AGAIN in words_of(later)
    assert "was created" not in words_of(later)
    assert Calendar.objects.count() == 1


def test_who_went_back_and_typed_something_else_makes_another(send: Callable[..., Any]) -> None:
    send()
    assert "“Course” was created." in words_of(send(name="Course"))
    assert sorted(Calendar.objects.values_list("slug", flat=True)) == ["course", "talk"]


def test_refused_form_may_be_mended_and_sent_again(send: Callable[..., Any]) -> None:
    CalendarFactory.create(slug="taken")
    for slug in ("no address", "taken"):
        assert send(slug=slug).status_code == 422
        assert not SentForm.objects.exists()
    assert "“Talk” was created." in words_of(send(slug="free"))
    assert "“Talk” was created." in words_of(send(slug="free"))
    assert Calendar.objects.filter(slug__startswith="free").count() == 1
