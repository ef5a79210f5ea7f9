"""The Django admin shows every model, and staff cannot break an invariant there."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client, RequestFactory

from booking.models import Booking
from calendars import admin as admin_module
from calendars.admin import offered_lookups
from calendars.kit.search.renewal import make_missing
from calendars.models import Calendar, DateOverride, Owner
from onetime_links.models import LinkRequest, OneTimeLink
from tests.support.database.queries import counted_queries
from tests.support.pages.parsing import text_of
from tests.support.world.factories import (
    PASSWORD,
    BookingFactory,
    CalendarFactory,
    ChangeFactory,
    ConfirmationFactory,
    LinkRequestFactory,
    MailFactory,
    OneTimeLinkFactory,
    OwnerFactory,
    PasswordResetFactory,
    TimeOffFactory,
)

OURS = ("calendars", "onetime_links", "booking")
# These are shown inside the model that they belong to.
INLINES = {"WeeklyHours", "OverrideHours"}
# Keyed hashes and numbers, which no person could read.
NOT_FOR_PEOPLE = {"DatabaseIdentity", "SentForm", "Tally"}


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    client.force_login(
        OwnerFactory.create(email="admin@example.com", is_staff=True, is_superuser=True)
    )
    return client


@pytest.fixture
def booking() -> Booking:
    """A booking with a row of everything that belongs to it or its owner."""
    link = OneTimeLinkFactory.create(note="Acme")
    booking = BookingFactory.create(calendar=link.calendar, one_time_link=link)
    LinkRequestFactory.create(link=link)
    MailFactory.create(booking=booking)
    ChangeFactory.create(booking=booking)
    TimeOffFactory.create(host=booking.host)
    ConfirmationFactory.create(owner=booking.host)
    PasswordResetFactory.create(owner=booking.host)
    return booking


def models() -> list[Any]:
    return [
        model
        for label in OURS
        for model in apps.get_app_config(label).get_models()
        if model.__name__ not in INLINES | NOT_FOR_PEOPLE
    ]


def admin_url(model: Any, page: str) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/{page}"


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_every_model_is_there_with_search_and_pages(
    staff: Client, booking: Booking, model: Any
) -> None:
    assert admin.site.is_registered(model)
    DateOverride.objects.create(calendar=booking.calendar, date="2026-12-24")
    assert staff.get(admin_url(model, "?q=example")).status_code == 200
    row = model._default_manager.first()
    assert staff.get(admin_url(model, f"{row.pk}/change/")).status_code == 200


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_every_search_finds_names_however_they_are_written(
    staff: Client, booking: Booking, model: Any
) -> None:
    """Only the addresses of calendars, whose letters are plain, are searched as they are."""
    fields = set(admin.site.get_model_admin(model).search_fields)
    as_they_are = {each for each in fields if not each.endswith("search_text__mentions")}
    assert {each.split("__")[-1] for each in as_they_are} <= {"slug"}
    DateOverride.objects.create(calendar=booking.calendar, date="2026-12-24")
    Booking.objects.update(client_name="Özil")
    Calendar.objects.update(name="Özil")
    Owner.objects.update(display_name="Özil")
    OneTimeLink.objects.update(note="Özil")
    LinkRequest.objects.update(client_name="Özil")
    make_missing()
    found = staff.get(admin_url(model, "?q=OZIL")).context["cl"].queryset
    assert found.count() == model._default_manager.count() > 0


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_tokens_and_nonces_are_neither_shown_nor_searched(
    staff: Client, booking: Booking, model: Any
) -> None:
    assert booking.one_time_link
    secrets = (booking.one_time_link.token, booking.manage_token, booking.nonce)
    DateOverride.objects.create(calendar=booking.calendar, date="2026-12-24")
    row = model._default_manager.first()
    for page in ("", f"{row.pk}/change/"):
        text = text_of(staff.get(admin_url(model, page)))
        assert not [secret for secret in secrets if secret in text]
    for secret in secrets:
        found = staff.get(admin_url(model, f"?q={secret}")).context["cl"].queryset
        assert not found.exists()


def lookups_of(model: Any, *, depth: int = 1) -> Iterator[str]:
    """Yield a few look-ups for each field of the model, and of those that it is related to."""
    for field in model._meta.get_fields():
        if field.is_relation and depth and field.related_model:
            for lookup in lookups_of(field.related_model, depth=depth - 1):
                yield f"{field.name}__{lookup}"
        for kind in ("", "__exact", "__regex", "__startswith", "__gte", "__in", "__isnull"):
            yield f"{field.name}{kind}"


def all_registered() -> list[Any]:
    return list(admin.site._registry)


@pytest.mark.parametrize("model", all_registered(), ids=lambda model: model.__name__)
def test_list_is_filtered_by_what_it_offers_and_nothing_else(
    staff: Client, rf: RequestFactory, booking: Booking, model: Any
) -> None:
    """A look-up that is not offered would tell what no page shows, a letter at a time."""
    model_admin = admin.site._registry[model]
    offered = offered_lookups(model_admin, staff.get(admin_url(model, "")).wsgi_request)
    lookups = list(lookups_of(model))
    assert len(lookups) > 10
    request = rf.get("/")
    for lookup in lookups:
        assert model_admin.lookup_allowed(lookup, "a", request) is (lookup in offered)
    for lookup in [lookup for lookup in lookups if lookup not in offered][::40]:
        assert staff.get(admin_url(model, f"?{lookup}=a")).status_code == 400


def test_feed_and_sign_in_are_not_guessed_by_filters(staff: Client) -> None:
    for lookup in ("feed_token__regex", "password__startswith", "calendars__slug"):
        assert staff.get(admin_url(Owner, f"?{lookup}=a")).status_code == 400
    assert staff.get(admin_url(Owner, "?is_staff__exact=1")).status_code == 200
    assert staff.get(admin_url(Booking, "?starts_at__year=2026")).status_code == 200


@pytest.mark.parametrize("model", [Booking, OneTimeLink], ids=lambda model: model.__name__)
def test_no_way_leads_from_a_record_to_its_secret_address(
    staff: Client, booking: Booking, model: Any
) -> None:
    row, kind = model.objects.get(), ContentType.objects.get_for_model(model)
    assert staff.get(f"/admin/r/{kind.pk}/{row.pk}/").status_code == 404
    assert "View on site" not in text_of(staff.get(admin_url(model, f"{row.pk}/change/")))


@pytest.mark.parametrize(
    "model", [Owner, Calendar, OneTimeLink, Booking], ids=lambda model: model.__name__
)
def test_nothing_that_a_booking_needs_can_be_deleted(
    staff: Client, booking: Booking, model: Any
) -> None:
    row = model._default_manager.filter(pk__gt=0).first()
    assert staff.post(admin_url(model, f"{row.pk}/delete/"), {"post": "yes"}).status_code == 403
    data = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    staff.post(admin_url(model, ""), data)
    assert model._default_manager.filter(pk=row.pk).exists()


def test_booking_cannot_be_changed_or_added(staff: Client, booking: Booking) -> None:
    for page in ("add/", f"{booking.pk}/change/"):
        assert (
            staff.post(admin_url(Booking, page), {"starts_at_0": "2020-01-01"}).status_code == 403
        )
    assert Booking.objects.get().starts_at == booking.starts_at


def test_bookings_can_be_cancelled(staff: Client, booking: Booking) -> None:
    data = {"action": "cancel", "_selected_action": [booking.pk]}
    response = staff.post(admin_url(Booking, ""), data, follow=True)
    assert "1 booking was cancelled." in text_of(response)
    assert not Booking.objects.get().is_live


def test_admin_creates_an_owner_who_can_sign_in(staff: Client) -> None:
    data = {
        "email": "New@Example.com",
        "display_name": "New Owner",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    response = staff.post("/admin/calendars/owner/add/", data)
    assert response.status_code == 302, text_of(response)
    owner = Owner.objects.get(email="new@example.com")
    assert owner.check_password(PASSWORD)
    again = staff.post("/admin/calendars/owner/add/", {**data, "email": "NEW@example.com"})
    assert "There is already an account with this email." in text_of(again)


def test_calendars_owner_and_address_are_fixed(staff: Client, booking: Booking) -> None:
    calendar = booking.calendar
    page = text_of(staff.get(admin_url(Calendar, f"{calendar.pk}/change/")))
    assert 'name="owner"' not in page
    assert 'name="slug"' not in page
    assert 'name="deleted_at"' not in page


def calendar_form(calendar: Calendar) -> dict[str, Any]:
    """Return the calendar's change form with other rules and a range that ends before it starts."""
    return {
        "name": calendar.name,
        "description": "",
        "location": "",
        "colour": "teal",
        "time_zone": "Europe/Paris",
        "duration_minutes": 45,
        "slot_interval_minutes": "",
        "buffer_before_minutes": 0,
        "buffer_after_minutes": 0,
        "minimum_notice_minutes": 0,
        "booking_window_days": 30,
        "daily_cap": "",
        "change_notice_minutes": 0,
        "max_reschedules": "",
        "personal_line": "",
        "weekly_hours-TOTAL_FORMS": 1,
        "weekly_hours-INITIAL_FORMS": 0,
        "weekly_hours-0-weekday": 0,
        "weekly_hours-0-start_minute": 600,
        "weekly_hours-0-end_minute": 540,
        "weekly_hours-0-calendar": calendar.pk,
    }


def test_calendars_rules_can_be_changed_and_are_checked(staff: Client) -> None:
    calendar = CalendarFactory.create(hours=[])
    data = calendar_form(calendar)
    address = admin_url(Calendar, f"{calendar.pk}/change/")
    refused = staff.post(address, data)
    assert refused.status_code == 200
    assert "errorlist" in text_of(refused)
    assert staff.post(address, {**data, "time_zone": "Mars/Olympus"}).status_code == 200
    assert staff.post(address, {**data, "weekly_hours-0-end_minute": 660}).status_code == 302
    calendar = Calendar.objects.get()
    assert (calendar.duration_minutes, calendar.time_zone) == (45, "Europe/Paris")
    assert str(calendar.weekly_hours.get()) == "10:00–11:00"


def test_change_of_hours_leaves_a_pause_that_came_in_between(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    calendar = CalendarFactory.create(hours=[])
    address = admin_url(Calendar, f"{calendar.pk}/change/")
    staff.post(address, {**calendar_form(calendar), "weekly_hours-TOTAL_FORMS": 0})

    def pause_first(ids: list[int]) -> None:
        Calendar.objects.update(paused_at=datetime(2026, 1, 1, tzinfo=UTC))

    monkeypatch.setattr(admin_module, "lock_hosts", pause_first)
    staff.post(address, {**calendar_form(calendar), "weekly_hours-0-end_minute": 660})
    assert Calendar.objects.get().weekly_hours.count() == 1
    assert Calendar.objects.get().is_paused


def test_staff_who_may_only_look_at_calendars_cannot_pause_them(client: Client, db: None) -> None:
    calendar, viewer = CalendarFactory.create(), OwnerFactory.create(is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_calendar"))
    client.force_login(viewer)
    data = {"action": "pause", "_selected_action": [calendar.pk]}
    client.post(admin_url(Calendar, ""), data)
    assert not Calendar.objects.get().is_paused


def test_override_stays_with_its_calendar(staff: Client, booking: Booking) -> None:
    override = DateOverride.objects.create(calendar=booking.calendar, date="2026-12-24")
    other = CalendarFactory.create()
    data = {
        "calendar": other.pk,
        "date": "2026-12-25",
        "hours-TOTAL_FORMS": 0,
        "hours-INITIAL_FORMS": 0,
    }
    staff.post(admin_url(DateOverride, f"{override.pk}/change/"), data)
    override.refresh_from_db()
    assert (override.calendar, str(override)) == (booking.calendar, "2026-12-25")
    response = staff.post(admin_url(DateOverride, "add/"), data)
    assert response.status_code == 302
    assert other.date_overrides.count() == 1


def test_overrides_are_deleted_after_their_owners_are_locked(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    calendars = [*CalendarFactory.create_batch(2)]
    calendars.append(CalendarFactory.create(owner=calendars[0].owner))
    for calendar in calendars:
        DateOverride.objects.create(calendar=calendar, date="2026-12-24")
    locked: list[set[int]] = []

    def lock(ids: Iterable[int]) -> None:
        assert connection.in_atomic_block
        assert DateOverride.objects.count() == 3
        locked.append(set(ids))

    monkeypatch.setattr(admin_module, "lock_hosts", lock)
    chosen = DateOverride.objects.values_list("pk", flat=True)
    data = {"action": "delete_selected", "_selected_action": list(chosen), "post": "yes"}
    staff.post(admin_url(DateOverride, ""), data)
    assert locked == [{calendars[0].owner_id, calendars[1].owner_id}]
    assert not DateOverride.objects.exists()


def test_calendars_can_be_paused_and_resumed(staff: Client) -> None:
    calendar = CalendarFactory.create()
    for action, is_paused in (("pause", True), ("resume", False)):
        staff.post(admin_url(Calendar, ""), {"action": action, "_selected_action": [calendar.pk]})
        assert Calendar.objects.get().is_paused is is_paused


@pytest.mark.parametrize("model", [Booking, OneTimeLink, Calendar], ids=lambda m: m.__name__)
def test_lists_need_the_same_queries_for_one_and_for_thirty(staff: Client, model: Any) -> None:
    counts = []
    for rows in (1, 29):
        for n in range(rows):
            link = OneTimeLinkFactory.create()
            starts_at = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(hours=n)
            BookingFactory.create(calendar=link.calendar, one_time_link=link, starts_at=starts_at)
        with counted_queries() as statements:
            assert staff.get(admin_url(model, "")).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("model", [OneTimeLink, DateOverride], ids=lambda m: m.__name__)
def test_address_fills_a_form_with_nothing_but_a_key(staff: Client, model: Any) -> None:
    calendar = CalendarFactory.create()
    for key in ("on", "9" * 30, "²", ""):
        assert staff.get(admin_url(model, f"add/?calendar={key}")).status_code == 200
    page = text_of(staff.get(admin_url(model, f"add/?calendar={calendar.pk}")))
    assert f'<option value="{calendar.pk}" selected>' in page


@pytest.mark.parametrize("model", [DateOverride, OneTimeLink])
@pytest.mark.parametrize("key", ["text", "-1", "9" * 30, "²"])
def test_nonsense_for_a_key_is_refused_in_words(staff: Client, model: Any, key: str) -> None:
    response = staff.post(admin_url(model, "add/"), {"calendar": key})
    assert response.status_code == 200
    assert "Select a valid choice." in text_of(response)


@pytest.mark.parametrize("model", admin.site._registry)
def test_nonsense_in_an_address_is_answered_in_words(staff: Client, model: Any) -> None:
    for query in ("_to_field=", "_popup=1&_to_field="):
        for send in (staff.get, staff.post):
            assert send(admin_url(model, f"999999/change/?{query}")).status_code in {302, 403}


def test_owner_without_staff_rights_is_sent_away(client: Client, olive: Owner) -> None:
    client.force_login(olive)
    assert client.get("/admin/").status_code == 302


def test_inactive_owner_takes_no_bookings(staff: Client) -> None:
    calendar = CalendarFactory.create(slug="theirs")
    Owner.objects.filter(pk=calendar.owner_id).update(is_active=False)
    assert "Not taking bookings" in text_of(Client().get("/book/theirs/"))


@pytest.mark.parametrize("page", ["change", "delete", "history"])
@pytest.mark.parametrize("key", ["%00", "_00"])
def test_nul_is_the_key_of_nothing(staff: Client, key: str, page: str) -> None:
    response = staff.get(f"/admin/calendars/calendaraddress/{key}/{page}/")
    assert response.status_code in {302, 403}


def test_whoever_may_change_owners_may_make_superusers(client: Client, db: None) -> None:
    """docs/security.md says so, for whoever grants this permission."""
    helper = OwnerFactory.create(email="helper@example.com", is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename="change_owner"))
    client.force_login(helper)
    form = {"email": helper.email, "display_name": "H", "language": "en", "time_zone": "UTC"}
    form |= {"is_active": "on", "is_staff": "on", "is_superuser": "on"}
    assert client.post(f"/admin/calendars/owner/{helper.pk}/change/", form).status_code == 302
    helper.refresh_from_db()
    assert helper.is_superuser
