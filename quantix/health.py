from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from calendars.kit.databases import unknown_migrations


def plain(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(f"{text}\n", content_type="text/plain; charset=utf-8", status=status)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 if the process runs."""
    return plain("ok")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 if the database answers and has the migrations of this version and no others."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        unknown = unknown_migrations(executor.loader)
    except (DatabaseError, InterfaceError):
        return plain("database unavailable", status=503)
    if unknown:
        return plain("database newer than this version", status=503)
    return plain("migrations missing", status=503) if missing else plain("ok")
