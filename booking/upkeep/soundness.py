"""Checks that a database is whole: migrations, constraints, guards, and rows that break them.

They matter most after a restore, which may have lost constraints, triggers or foreign keys.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.apps import apps
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import (
    BooleanField,
    CheckConstraint,
    Count,
    Exists,
    ExpressionWrapper,
    ForeignKey,
    Min,
    Model,
    OuterRef,
    Q,
    QuerySet,
    UniqueConstraint,
)

from booking.guards import GUARDS, guards_in_place
from calendars.kit.search.triggers import missing_search_triggers

# A check: a text that names the fault, and a query for the keys of the rows that have it.
Question = tuple[str, QuerySet[Any, Any]]


class Unique(NamedTuple):
    fields: tuple[str, ...]
    condition: Q | None = None


def missing_migrations() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def broken_files() -> Iterator[str]:
    """Yield what SQLite finds wrong with its file. PostgreSQL has `pg_amcheck` for that."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            yield from (finding for (finding,) in cursor if finding != "ok")


def broken_references() -> Iterator[str]:
    """Yield which rows SQLite finds that refer to a row that is not there, table by table.

    SQLite enforces foreign keys only for connections that ask for it, so other programs can break
    them. This reads the keys that the database has, also those of tables without a model.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            try:
                cursor.execute(f"PRAGMA foreign_key_check({connection.ops.quote_name(table)})")
                found = Counter(target for _table, _row, target, _key in cursor.fetchall())
            except OperationalError as error:
                # The other table has lost what makes its rows unique.
                yield str(error)
            else:
                for target, rows in found.items():
                    yield f"{rows} of {table} refer to rows of {target} that do not exist"


def missing_protections() -> list[str]:
    """Return the names of the constraints, keys, guards and triggers that are gone."""
    missing = [name for model in models() for name in _missing_of(model)]
    guards = GUARDS[connection.vendor] - guards_in_place()
    return [*missing, *sorted(guards | missing_search_triggers())]


def _missing_of(model: type[Model]) -> Iterator[str]:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table)
    yield from (each.name for each in model._meta.constraints if each.name not in found)
    unique = {tuple(each["columns"]) for each in found.values() if each["unique"]}
    for rule in unique_rules(model):
        fields = (model._meta.get_field(name) for name in rule.fields)
        columns = tuple(str(getattr(field, "column", "")) for field in fields)
        if columns not in unique:
            yield f"unique {table}.{'+'.join(columns)}"
    referring = {each["columns"][0] for each in found.values() if each["foreign_key"]}
    for key in foreign_keys(model):
        if getattr(key, "db_constraint", True) and key.column not in referring:
            yield f"foreign key {table}.{key.column}"


def broken_rules() -> Iterator[Question]:
    """Yield the checks for rows of any table that the database should have refused."""
    for model in models():
        rows = model._base_manager.order_by().values_list("pk", flat=True)
        name = model._meta.label
        for constraint in model._meta.constraints:
            if isinstance(constraint, CheckConstraint):
                # A row whose condition is NULL passes the constraint, but `exclude` would find it.
                holds = ExpressionWrapper(Q(constraint.condition), BooleanField())
                yield (
                    f"{name} against {constraint.name}",
                    rows.alias(holds=holds).filter(holds=False),
                )
        for rule in unique_rules(model):
            yield f"{name} with the same {' and '.join(rule.fields)}", duplicates(model, rule)
        for key in foreign_keys(model):
            target = key.related_model._base_manager.filter(pk=OuterRef(key.attname))
            orphans = rows.filter(**{f"{key.name}__isnull": False}).exclude(Exists(target))
            yield f"{name} whose {key.name} does not exist", orphans


def duplicates(model: type[Model], rule: Unique) -> QuerySet[Any, Any]:
    """Return the key of the first row of each group of equal rows. A NULL equals nothing."""
    known = Q(*((f"{name}__isnull", False) for name in rule.fields))
    rows = model._base_manager.filter(known, rule.condition or Q()).order_by()
    groups = rows.values(*rule.fields).annotate(first=Min("pk"), count=Count("pk"))
    firsts: QuerySet[Any, Any] = groups.filter(count__gt=1).values_list("first", flat=True)
    return firsts


def models() -> list[type[Model]]:
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    ]


def unique_rules(model: type[Model]) -> Iterator[Unique]:
    """Yield the unique rules of a model, except for that of the primary key."""
    for field in model._meta.local_concrete_fields:
        if field.unique and not field.primary_key:
            yield Unique((field.name,))
    for fields in model._meta.unique_together:
        yield Unique(tuple(fields))
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield Unique(tuple(constraint.fields), constraint.condition)


def foreign_keys(model: type[Model]) -> list[ForeignKey[Any, Any]]:
    return [field for field in model._meta.local_concrete_fields if isinstance(field, ForeignKey)]
