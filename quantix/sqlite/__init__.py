"""Django's backend for SQLite, and the SQLite that it runs on.

Other modules import `sqlite3` from here: it is the one that Django's backend uses.
"""

from quantix.sqlite import library

library.choose()

import sqlite3  # noqa: E402  the module that was chosen

__all__ = ["sqlite3"]
