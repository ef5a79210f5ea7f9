"""Queries whose SQL the ORM writes once, and not for every request.

A client's page asks the same three things each time, with other values, and a booking writes the
same rows. Writing their SQL takes longer than answering it. Measured on PostgreSQL, in turn, in
seven rounds (docs/performance.md): with SQL that is written for each request, a page costs 1.8
times and a booking 1.9 times the processor time; with `bulk_create` in place of `Insert`, a booking
costs 1.16 times.

This module leans on parts of Django that may change with its version: `SQLCompiler.as_sql`,
`klass_info` and `get_related_populators`. `tests/calendars/kit/test_prepared.py` compares what it
returns with the ORM, and pyproject.toml holds Django below the next version.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression
from django.db.models.query import get_related_populators
from django.db.models.sql.compiler import SQLCompiler

Model = TypeVar("Model", bound=models.Model)


def parameter(name: str, field: "models.Field[Any, Any]") -> Any:
    """Return a placeholder in a query for a value that is given later, of the kind of `field`."""
    return _Parameter(name, field)


class _Parameter(Expression):
    def __init__(self, name: str, field: "models.Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        return "%s", [self]


class Repeated(str):
    """An SQL text that PostgreSQL plans once for each connection (see `quantix.postgresql`)."""

    is_repeated = True


class Prepared(Generic[Model]):
    """The query that `build` returns, run with other values for its parameters each time."""

    def __init__(self, build: "Callable[[], models.QuerySet[Model, Any]]") -> None:
        self._build = build

    def rows(self, **values: Any) -> list[Sequence[Any]]:
        """Return the rows of the result, as `values_list` does."""
        plan = self._plan
        connection = connections[DEFAULT_DB_ALIAS]
        if plan.locks and not connection.in_atomic_block:
            raise RuntimeError("A lock outside a transaction is gone at once.")
        with connection.cursor() as cursor:
            cursor.execute(plan.sql, plan.fill_in(values, connection))
            rows = cursor.fetchall()
        return list(plan.compiler.apply_converters(rows, plan.converters)) if rows else rows

    def get(self, **values: Any) -> Model:
        """Return the one object. Raises DoesNotExist of its model if there is none."""
        found = self.first(**values)
        if found is None:
            raise self._plan.model.DoesNotExist
        return found

    def first(self, **values: Any) -> Model | None:
        """Return the object, with what `select_related` names, or None if there is none.

        The query must find one object at most.
        """
        return next(iter(self.all(**values)), None)

    def all(self, **values: Any) -> list[Model]:
        """Return the objects, each with what `select_related` names."""
        return [self._plan.to_object(row) for row in self.rows(**values)]

    @cached_property
    def _plan(self) -> "_Plan":
        return _Plan(self._build())


class _Plan:
    def __init__(self, queryset: "models.QuerySet[Any, Any]") -> None:
        self.model, self.locks = queryset.model, queryset.query.select_for_update
        self.compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, self.params = self.compiler.as_sql()
        self.sql = Repeated(sql)
        columns = [column for column, _sql, _alias in self.compiler.select]
        self.converters = self.compiler.get_converters(columns)

    def fill_in(self, values: dict[str, Any], connection: BaseDatabaseWrapper) -> list[Any]:
        return [
            param.output_field.get_db_prep_value(values[param.name], connection)
            if isinstance(param, _Parameter)
            else param
            for param in self.params
        ]

    def to_object(self, row: Sequence[Any]) -> Any:
        model, names, positions, relations = self._objects
        result = model.from_db(DEFAULT_DB_ALIAS, names, row[positions])
        for relation in relations:
            relation.populate(row, result)
        return result

    @cached_property
    def _objects(self) -> tuple[type[models.Model], list[str], slice, list[Any]]:
        """Return what Django's own ModelIterable works out anew for every query."""
        info = cast(dict[str, Any], self.compiler.klass_info)
        first, last = info["select_fields"][0], info["select_fields"][-1]
        columns = self.compiler.select[first : last + 1]
        return (
            info["model"],
            [column[0].target.attname for column in columns],
            slice(first, last + 1),
            # The stubs are those of a later Django.
            get_related_populators(info, self.compiler.select, DEFAULT_DB_ALIAS),  # type: ignore[call-arg]
        )


def raw_rows(queryset: "models.QuerySet[Any, Any]") -> list[Any]:
    """Return the rows of a query as the database sends them, without making objects of them."""
    try:
        sql, params = queryset.query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
    except EmptyResultSet:  # Django knows that there are none
        return []
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


class Insert(Generic[Model]):
    """A statement that inserts objects, as `bulk_create` does: without signals."""

    def __init__(self, model: type[Model]) -> None:
        self._model = model
        self._statements: dict[int, Repeated] = {}

    def __call__(self, objects: Sequence[Model]) -> None:
        """Insert `objects`, and give each the key that the database made for it."""
        if not objects:
            return
        connection = connections[DEFAULT_DB_ALIAS]
        values = [
            field.get_db_prep_save(field.pre_save(each, add=True), connection)
            for each in objects
            for field in self._fields
        ]
        with connection.cursor() as cursor:
            cursor.execute(self._statement(len(objects)), values)
            keys = cursor.fetchall()
        for each, (key,) in zip(objects, keys, strict=True):
            each.pk, each._state.adding, each._state.db = key, False, DEFAULT_DB_ALIAS

    @cached_property
    def _fields(self) -> "list[models.Field[Any, Any]]":
        """Return all fields but the key, which the database makes."""
        return [field for field in self._model._meta.concrete_fields if not field.primary_key]

    def _statement(self, count: int) -> Repeated:
        if count not in self._statements:
            quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
            meta = self._model._meta
            names = [quote(str(field.column)) for field in self._fields]
            row = f"({', '.join(['%s'] * len(names))})"
            self._statements[count] = Repeated(
                f"INSERT INTO {quote(meta.db_table)} ({', '.join(names)}) "  # noqa: S608  its own names
                f"VALUES {', '.join([row] * count)} RETURNING {quote(str(meta.pk.column))}"
            )
        return self._statements[count]
