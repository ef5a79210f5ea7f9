"""The stage that a scenario is given, and the rows that it gives back."""

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
    """The result of one case of a scenario. `violations` are in words, and there must be none.

    `clients` is the number of clients at once; `note` holds anything else that was measured.
    """

    case: str
    clients: int = 0
    requests: int = 0
    kills: int = 0
    violations: Sequence[str] = ()
    note: str = ""


@dataclass(frozen=True)
class Stage:
    """The stage of a scenario: Django is set up, on an empty database of its own."""

    installation: Path
    folder: Path
    quick: bool

    def server(self, *options: str, **keywords: Any) -> AbstractContextManager[Server]:
        """Run gunicorn on this process's database; see `tests.support.servers.installation`."""
        log = self.folder / f"server{next(NUMBERS)}.log"
        return gunicorn(self.installation, log, *options, **keywords)
