"""Tests of `make mutate`: which changes it makes, and that it tells what no test notices."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.mutants import mutants_of
from tests.run import ROOT

pytestmark = pytest.mark.once

CODE = '''
LIMIT = 3

class Desk:
    @property
    def is_open(self, most=9):
        """Return nothing in particular: 1 < 2."""
        with transaction.atomic(durable=True):
            lock(
                self.pk
            )
            rows = self.rows().filter(a=1)
        return rows and self.count >= 2
'''


def test_each_place_of_a_function_is_changed() -> None:
    assert [mutant.change.removeprefix("Desk.is_open: ") for mutant in mutants()] == [
        "with transaction.atomic(durable=True) → if True",
        "transaction.atomic(durable=True) → transaction.atomic()",
        "True → False",
        "lock(self.pk) → pass",
        "self.rows().filter(a=1) → self.rows().filter()",
        "self.rows().filter(a=1) → self.rows()",
        "1 → 2",
        "rows and self.count >= 2 → rows or self.count >= 2",
        "rows and self.count >= 2 → self.count >= 2",
        "rows and self.count >= 2 → rows",
        "self.count >= 2 → self.count > 2",
        "2 → 3",
    ]


def mutants() -> list:
    return list(mutants_of(Path("desk.py"), CODE.encode()))


def test_changed_code_is_code_and_keeps_its_lines() -> None:
    for mutant in mutants():
        changed = mutant.applied_to(CODE.encode()).decode()
        assert changed != CODE
        compile(changed, "desk.py", "exec")
        assert changed.count("\n") == CODE.count("\n")
        assert (mutant.function, mutant.first_line) == ("Desk.is_open", 5)


def test_what_no_test_notices_is_told() -> None:
    """The order of the locks is seen by a test on SQLite; that they are weak ones is not."""
    arguments = ["calendars/locks.py", "--tests", "tests/calendars/test_locks.py"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutation", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    told = [line for line in done.stdout.splitlines() if line.startswith("not noticed: ")]
    assert any("select_for_update(no_key=True)" in line for line in told)
    assert not any("sorted" in line or "order_by" in line for line in told)
    assert " noticed: " in done.stdout.splitlines()[-1]
