"""What a scenario is given, and what it gives back."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.support.servers.installation import Server, gunicorn

NUMBERS = count(1)


@dataclass(frozen=True)
class CaseRow:
    """What one case of a scenario did. `violations` are in words, and there must be none.

    `clients` is how many there were at once; `note` is whatever else was measured.
    """

    case: str
    clients: int = 0
    requests: int = 0
    kills: int = 0
    violations: Sequence[str] = ()
    note: str = ""


@dataclass(frozen=True)
class Stage:
    """Where a scenario plays: Django is set up, on an empty database of its own."""

    installation: Path
    folder: Path
    quick: bool

    def server(self, *options: str, **keywords: Any) -> AbstractContextManager[Server]:
        """gunicorn on the database of this process; see `tests.servers.gunicorn`."""
        log = self.folder / f"server{next(NUMBERS)}.log"
        return gunicorn(self.installation, log, *options, **keywords)
