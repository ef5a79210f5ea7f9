"""The name and version of the database in use."""

from django.db import connection


def database_in_words() -> str:
    """Return such as "SQLite 3.53.4": of SQLite, the version of the library that is loaded."""
    connection.ensure_connection()
    version = ".".join(map(str, connection.get_database_version()))
    return f"{connection.display_name} {version}"
