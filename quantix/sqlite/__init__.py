"""Django's backend for SQLite, and the SQLite that it runs on.

Whoever needs the module `sqlite3` takes it from here: it is the one that Django's backend uses.
"""

from quantix.sqlite import library

library.choose()

import sqlite3  # noqa: E402  the one that was chosen

__all__ = ["sqlite3"]
