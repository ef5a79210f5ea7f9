"""A query that the ORM has written once gives the same results as one written anew."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import CharField, DateTimeField
from django.db.models.sql.compiler import SQLCompiler

from calendars.kit.prepared import Insert, Prepared, parameter, raw_rows
from calendars.models import Calendar
from onetime_links.models import OneTimeLink
from tests.support.database.queries import counted_queries
from tests.support.world.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

EXPIRY = datetime(2030, 5, 1, 12, tzinfo=UTC)
LINK = Prepared(
    lambda: OneTimeLink.objects.select_related("calendar__owner", "booking").filter(
        token=parameter("token", CharField())
    )
)


@pytest.fixture
def links(db: None) -> list[OneTimeLink]:
    questions = [{"label": "Why?", "kind": "text", "required": True}]
    calendar = CalendarFactory.create(questions=questions)
    links = [OneTimeLinkFactory.create(calendar=calendar, expires_at=EXPIRY) for _ in range(2)]
    BookingFactory.create(calendar=calendar, one_time_link=links[0])
    return links


def test_objects_are_those_of_the_orm(links: list[OneTimeLink]) -> None:
    for link in links:
        with counted_queries() as queries:
            found = LINK.first(token=link.token)
            assert found == link
            assert (found.expires_at, found.is_used) == (EXPIRY, link == links[0])
            assert found.calendar.questions == link.calendar.questions
            assert found.calendar.owner == link.calendar.owner
        assert len(queries) == 1
    assert LINK.first(token="nothing") is None


def test_object_can_be_changed_and_saved(links: list[OneTimeLink]) -> None:
    found = LINK.first(token=links[1].token)
    assert found is not None
    found.note = "Acme"
    found.save(update_fields=["note"])
    assert OneTimeLink.objects.get(pk=found.pk).note == "Acme"


def test_raw_rows_are_those_that_the_orm_reads(links: list[OneTimeLink]) -> None:
    found = OneTimeLink.objects.filter(pk__in=[link.pk for link in links]).order_by("pk")
    rows = raw_rows(found.select_related("booking").values_list("pk", "note", "booking__pk"))
    assert [list(row) for row in rows] == [
        [links[0].pk, links[0].note, links[0].booking.pk],
        [links[1].pk, links[1].note, None],
    ]
    assert raw_rows(found.none()) == []


def test_rows_are_those_of_the_orm(links: list[OneTimeLink]) -> None:
    later = Prepared(
        lambda: (
            OneTimeLink.objects.filter(expires_at__gt=parameter("at", DateTimeField()))
            .order_by("pk")
            .values_list("pk", "expires_at")
        )
    )
    rows = [tuple(row) for row in later.rows(at=EXPIRY - timedelta(seconds=1))]
    assert rows == [(link.pk, EXPIRY) for link in links]
    assert later.rows(at=EXPIRY) == []


def test_sql_is_written_once(links: list[OneTimeLink], monkeypatch: pytest.MonkeyPatch) -> None:
    calendar = Prepared(lambda: Calendar.objects.filter(slug=parameter("slug", CharField())))
    written: list[SQLCompiler] = []
    as_sql = SQLCompiler.as_sql

    def counted(self: SQLCompiler, *args: object, **kwargs: object) -> object:
        written.append(self)
        return as_sql(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(SQLCompiler, "as_sql", counted)
    for slug in ("nothing", links[0].calendar.slug, "nobody"):
        calendar.first(slug=slug)
    assert len(written) == 1


@pytest.mark.parametrize("count", [1, 3])
def test_inserted_rows_are_those_of_the_orm(links: list[OneTimeLink], count: int) -> None:
    insert, calendar = Insert(OneTimeLink), links[0].calendar
    for _ in range(2):
        made = [OneTimeLink(calendar=calendar, expires_at=EXPIRY, note="ä") for _ in range(count)]
        with counted_queries() as queries:
            insert(made)
        assert len(queries) == 1
        for link in made:
            found = OneTimeLink.objects.get(pk=link.pk)
            fields = [field.attname for field in OneTimeLink._meta.concrete_fields]
            assert [getattr(found, name) for name in fields] == [
                getattr(link, name) for name in fields
            ]
        # A second save of an object changes its row.
        made[0].note = "Acme"
        made[0].save()
    assert OneTimeLink.objects.filter(note="Acme").count() == 2


@pytest.mark.django_db
def test_nothing_is_inserted_by_no_query() -> None:
    with counted_queries() as queries:
        Insert(OneTimeLink)([])
    assert queries == []


@pytest.mark.django_db(transaction=True)
def test_lock_needs_a_transaction_each_time() -> None:
    locked = Prepared(
        lambda: Calendar.objects.select_for_update().filter(slug=parameter("slug", CharField()))
    )
    with transaction.atomic():
        assert locked.first(slug="nothing") is None
    with pytest.raises(RuntimeError):
        locked.first(slug="nothing")


@pytest.mark.django_db
def test_only_what_is_repeated_is_planned_once() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("about PostgreSQL")
    for _ in range(10):
        LINK.first(token="nothing")
        Calendar.objects.filter(slug="nothing").first()
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        statements = [statement for (statement,) in cursor.fetchall()]
    assert any("onetime_links_onetimelink" in each for each in statements)
    assert not any("nothing" in each or "LIMIT" in each for each in statements)
