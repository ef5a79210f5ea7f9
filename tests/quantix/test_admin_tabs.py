"""The admin in two tabs: an old page saves what was changed in it, and nothing else.

The change pages and their fields are those of the admin's registry.
"""

from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.models import Model
from django.test import Client, RequestFactory

from calendars.models import Calendar, DateOverride, OverrideHours, Owner, WeeklyHours
from calendars.tabs.model_forms import ShownFormSet, ShownModelForm
from onetime_links.models import OneTimeLink
from tests.support.pages.parsing import text_of
from tests.support.pages.untouched import Fields, untouched
from tests.support.races.volley import at_once
from tests.support.world.factories import CalendarFactory, OneTimeLinkFactory, OwnerFactory

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
CHANGED = "Changed elsewhere meanwhile: it is now"

# For every field of every change page: what is stored elsewhere, and what is typed in the old tab.
# A box has no third state in which the two could clash.
FIELDS: dict[type[Model], dict[str, tuple[Any, str | None]]] = {
    Group: {"name": ("Others", "Typed"), "permissions": ([1], "2")},
    Owner: {
        "email": ("other@example.com", "typed@example.com"),
        "unconfirmed_email": ("other@example.com", "typed@example.com"),
        "display_name": ("Other", "Typed"),
        "language": ("de-DE", "fr-FR"),
        "time_zone": ("Asia/Tokyo", "Asia/Kolkata"),
        "is_active": (False, None),
        "is_staff": (True, None),
        "is_superuser": (True, None),
        "groups": ([1], "2"),
        "user_permissions": ([1], "2"),
    },
    Calendar: {
        "name": ("Other", "Typed"),
        "description": ("Other\nlines", "Typed"),
        "location": ("Other", "Typed"),
        "colour": ("pink", "red"),
        "time_zone": ("Asia/Tokyo", "Asia/Kolkata"),
        "duration_minutes": (45, "50"),
        "slot_interval_minutes": (20, "25"),
        "buffer_before_minutes": (5, "10"),
        "buffer_after_minutes": (5, "10"),
        "minimum_notice_minutes": (5, "10"),
        "booking_window_days": (5, "10"),
        "daily_cap": (5, "10"),
        "client_may_reschedule": (False, None),
        "client_may_cancel": (False, None),
        "change_notice_minutes": (5, "10"),
        "max_reschedules": (5, "10"),
        "personal_line": ("Other", "Typed"),
    },
    DateOverride: {"date": (date(2027, 1, 2), "2027-01-03")},
    OneTimeLink: {
        "note": ("Other", "Typed"),
        "expires_at": (datetime(2199, 1, 2, 9, tzinfo=BERLIN), "2199-01-03T09:00"),
    },
}
ALL_FIELDS = [(model, name) for model, fields in FIELDS.items() for name in fields]
# The rows of a page: the model of the rows, and how each refers to the row of the page.
ROWS = {Calendar: (WeeklyHours, "calendar"), DateOverride: (OverrideHours, "override")}


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(OwnerFactory.create(is_staff=True, is_superuser=True))
    return client


def make(model: type[Model]) -> Model:
    if model is Owner:
        return OwnerFactory.create()
    if model is OneTimeLink:
        return OneTimeLinkFactory.create(note="Acme")
    if model is Group:
        return Group.objects.create(name="Group")
    calendar = CalendarFactory.create(hours=[(0, 540, 720), (0, 780, 1020)])
    if model is Calendar:
        return calendar
    override = DateOverride.objects.create(calendar=calendar, date=date(2027, 1, 1))
    for start in (540, 780):
        OverrideHours.objects.create(override=override, start_minute=start, end_minute=start + 180)
    return override


@pytest.fixture
def others() -> list[int]:
    """The keys of two groups."""
    return [Group.objects.create(name=name).pk for name in ("One", "Two")]


def page_of(row: Model) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def fields_of(response: Any, holding: str) -> Fields:
    return untouched(response, holding=holding)


def first_field(model: type[Model]) -> str:
    return next(iter(FIELDS[model]))


def old_page(client: Client, row: Model) -> Fields:
    return fields_of(client.get(page_of(row)), first_field(type(row)))


def send(client: Client, row: Model, fields: Fields) -> Any:
    return client.post(page_of(row), fields)


def store(row: Model, name: str, value: Any, keys: list[int]) -> Any:
    """Store another value of the field, as another tab would, and return it."""
    if row._meta.get_field(name).many_to_many:
        chosen = keys[:1] if name == "groups" else [Permission.objects.order_by("pk")[0].pk]
        getattr(row, name).set(chosen)
        return chosen
    type(row)._default_manager.filter(pk=row.pk).update(**{name: value})
    return value


def stored(row: Model, name: str) -> Any:
    row = type(row)._default_manager.get(pk=row.pk)
    value = getattr(row, name)
    if row._meta.get_field(name).many_to_many:
        return list(value.values_list("pk", flat=True))
    return value


def editable() -> Iterator[tuple[type[Model], Any]]:
    request = RequestFactory().get("/")
    request.user = Owner(is_active=True, is_staff=True, is_superuser=True)
    for model, model_admin in admin.site._registry.items():
        if model_admin.has_change_permission(request):
            yield model, model_admin


def test_every_field_of_every_change_page_is_declared(staff: Client) -> None:
    """A new change page, or a new field of one, must be added to `FIELDS`."""
    assert {model for model, _admin in editable()} == set(FIELDS)
    for model in FIELDS:
        form = staff.get(page_of(make(model))).context["adminform"].form
        shown = {name for name, field in form.fields.items() if not field.disabled}
        assert shown == set(FIELDS[model]), model


def test_every_page_and_every_row_tells_what_it_shows(staff: Client) -> None:
    for model, model_admin in editable():
        context = staff.get(page_of(make(model))).context
        assert isinstance(context["adminform"].form, ShownModelForm), model
        # Rows that are edited in the list would be written back without being compared.
        assert not model_admin.list_editable, model
        assert all(
            issubclass(inline.formset, ShownFormSet) and issubclass(inline.form, ShownModelForm)
            for inline in model_admin.inlines
        ), model
    assert {model for model, each in editable() if each.inlines} == set(ROWS)


def typed_in(row: Model, name: str, others: list[int]) -> str:
    """Return what is typed in the field; the keys of permissions are others after each flush."""
    if row._meta.get_field(name).many_to_many:
        permissions = Permission.objects.order_by("pk").values_list("pk", flat=True)
        return str(others[1] if name == "groups" else permissions[1])
    return FIELDS[type(row)][name][1] or ""


@pytest.mark.parametrize(("model", "name"), ALL_FIELDS)
def test_field_changed_elsewhere_stays(
    staff: Client, others: list[int], model: type[Model], name: str
) -> None:
    row = make(model)
    old = old_page(staff, row)
    value = store(row, name, FIELDS[model][name][0], others)
    # Something else is typed in the old tab, if the page has anything else.
    typing = (each for each, (_, typed) in FIELDS[model].items() if typed and each != name)
    other = next(typing, None)
    before = other and stored(row, other)
    typed: Fields = {other: [typed_in(row, other, others)]} if other else {}
    assert send(staff, row, old | typed).status_code == 302
    assert stored(row, name) == value
    assert other is None or stored(row, other) != before


@pytest.mark.parametrize(("model", "name"), ALL_FIELDS)
def test_field_changed_in_both_tabs_is_told_and_then_saved(
    staff: Client, others: list[int], model: type[Model], name: str
) -> None:
    elsewhere, typed = FIELDS[model][name]
    if typed is None:
        return
    row = make(model)
    old = old_page(staff, row)
    value = store(row, name, elsewhere, others)
    typed = typed_in(row, name, others)
    refused = send(staff, row, {**old, name: [typed]})
    assert refused.status_code == 200
    assert CHANGED in text_of(refused)
    assert stored(row, name) == value
    again = fields_of(refused, first_field(model))
    assert again[name] == [typed]
    assert send(staff, row, again).status_code == 302
    assert stored(row, name) not in (value, None)


# Rows


def keys_of(row: Model) -> list[int]:
    model, parent = ROWS[type(row)]
    return list(model._default_manager.filter(**{parent: row}).values_list("pk", flat=True))


def starts(row: Model) -> list[int]:
    model, parent = ROWS[type(row)]
    rows = model._default_manager.filter(**{parent: row})
    return list(rows.values_list("start_minute", flat=True))


def prefix_of(row: Model) -> str:
    return "weekly_hours" if isinstance(row, Calendar) else "hours"


def change(row: Model, key: int, **values: int) -> None:
    ROWS[type(row)][0]._default_manager.filter(pk=key).update(**values)


def added(fields: Fields, row: Model, start: int) -> Fields:
    prefix, number = prefix_of(row), int(fields[f"{prefix_of(row)}-TOTAL_FORMS"][0])
    name = f"{prefix}-{number}"
    new = {f"{name}-start_minute": [str(start)], f"{name}-end_minute": [str(start + 30)]}
    if isinstance(row, Calendar):
        new |= {f"{name}-weekday": ["0"]}
    return {**fields, **new, f"{prefix}-TOTAL_FORMS": [str(number + 1)]}


@pytest.mark.parametrize("model", ROWS)
def test_untouched_rows_undo_nothing(staff: Client, model: type[Model]) -> None:
    row = make(model)
    old, (first, second) = old_page(staff, row), keys_of(row)
    change(row, first, start_minute=480)
    ROWS[model][0]._default_manager.filter(pk=second).delete()
    assert send(staff, row, old).status_code == 302
    assert starts(row) == [480]


@pytest.mark.parametrize("model", ROWS)
def test_two_tabs_change_the_start_and_the_end_of_a_row(staff: Client, model: type[Model]) -> None:
    row = make(model)
    old, (first, _second) = old_page(staff, row), keys_of(row)
    change(row, first, end_minute=700)
    name = f"{prefix_of(row)}-0-start_minute"
    assert send(staff, row, {**old, name: ["480"]}).status_code == 302
    hours = ROWS[model][0]._default_manager.get(pk=first)
    assert (hours.start_minute, hours.end_minute) == (480, 700)


@pytest.mark.parametrize("model", ROWS)
def test_rows_added_in_two_tabs_are_both_kept(staff: Client, model: type[Model]) -> None:
    row = make(model)
    old = old_page(staff, row)
    assert send(staff, row, added(old, row, 1100)).status_code == 302
    assert send(staff, row, added(old, row, 1200)).status_code == 302
    assert starts(row) == [540, 780, 1100, 1200]


@pytest.mark.parametrize("model", ROWS)
def test_row_changed_in_both_tabs_is_told_and_then_saved(staff: Client, model: type[Model]) -> None:
    row = make(model)
    old, (first, _second) = old_page(staff, row), keys_of(row)
    change(row, first, start_minute=480)
    name = f"{prefix_of(row)}-0-start_minute"
    refused = send(staff, row, {**old, name: ["500"]})
    assert f"{CHANGED} “480”." in text_of(refused)
    assert starts(row) == [480, 780]
    send(staff, row, fields_of(refused, first_field(model)))
    assert starts(row) == [500, 780]


@pytest.mark.parametrize("model", ROWS)
def test_changed_row_that_was_removed_elsewhere_is_told(staff: Client, model: type[Model]) -> None:
    row = make(model)
    old, (first, _second) = old_page(staff, row), keys_of(row)
    ROWS[model][0]._default_manager.filter(pk=first).delete()
    prefix = prefix_of(row)
    refused = send(staff, row, {**old, f"{prefix}-0-start_minute": ["500"]})
    assert "Removed elsewhere meanwhile. Remove it here, or add it again." in text_of(refused)
    assert starts(row) == [780]
    again = fields_of(refused, first_field(model))
    assert again[f"{prefix}-0-start_minute"] == ["500"]
    assert send(staff, row, {**again, f"{prefix}-0-DELETE": ["on"]}).status_code == 302
    assert starts(row) == [780]


@pytest.mark.parametrize("model", ROWS)
def test_removed_row_that_was_changed_elsewhere_is_told(staff: Client, model: type[Model]) -> None:
    row = make(model)
    old, (first, _second) = old_page(staff, row), keys_of(row)
    change(row, first, start_minute=480)
    removal = {f"{prefix_of(row)}-0-DELETE": ["on"]}
    refused = send(staff, row, old | removal)
    said = "You removed this, but it was changed elsewhere meanwhile. 08:00–12:00"
    assert said in text_of(refused)
    assert starts(row) == [480, 780]
    again = fields_of(refused, first_field(model))
    assert not again.keys() & removal.keys()
    assert send(staff, row, again | removal).status_code == 302
    assert starts(row) == [780]


def test_twelve_ranges_on_every_day_fit_into_one_page(staff: Client) -> None:
    hours = [(day, 60 * hour, 60 * hour + 30) for day in range(7) for hour in range(12)]
    calendar = CalendarFactory.create(hours=hours)
    old = old_page(staff, calendar)
    assert send(staff, calendar, {**old, "name": ["Typed"]}).status_code == 302
    assert (stored(calendar, "name"), calendar.weekly_hours.count()) == ("Typed", 84)


# Both at the same moment


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("model", [Calendar, Owner, Group])
def test_two_tabs_that_save_at_once_do_not_both_win(model: type[Model]) -> None:
    user = OwnerFactory.create(is_staff=True, is_superuser=True)
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(user)
    row, name = make(model), "display_name" if model is Owner else "name"
    for _ in range(3):
        old = old_page(clients[0], row)
        sent = [{**old, name: [f"{old[name][0]} {number}"]} for number in range(2)]
        tabs = [
            partial(send, client, row, fields) for client, fields in zip(clients, sent, strict=True)
        ]
        assert sorted(answer.status_code for answer in at_once(tabs)) == [200, 302]
