"""Plays mutants: runs the tests once, then the right ones for each mutant in a process of its own.

The tests are collected and run once in this process, to learn which of them reach which line. Each
mutant is a fork of it, with a database of its own; its function is given the changed code, and the
tests that reach the changed lines run, the quickest first, until one fails.
"""

import gc
import os
import shutil
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, FunctionType
from typing import Any

import coverage
import pytest
from _pytest.runner import runtestprotocol
from django.db import connection, connections

from calendars.kit.prepared import Insert, Prepared
from tests.mutation.mutants import Mutant
from tests.run import ROOT

AT_ONCE = 2  # mutants that are played at the same time
PATIENCE = 20  # seconds that a mutant's tests may take in addition to five times their usual time
APPS = ("booking.", "calendars.", "onetime_links.")
CACHED = type(lru_cache(lambda: None))
NOTICED, UNNOTICED, BROKEN = 1, 0, 3  # how the process of a mutant ends


@dataclass
class Player:
    """A plugin of pytest that plays `mutants` in place of a second run of the tests.

    `survivors` are those that no test noticed; `reached` are those that any test runs at all.
    """

    mutants: Sequence[Mutant]
    survivors: list[Mutant] = field(default_factory=list)
    unreached: list[Mutant] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        files = sorted({str(ROOT / mutant.file) for mutant in self.mutants})
        self.coverage = coverage.Coverage(data_file=None, include=files, config_file=False)
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = self._run_once(session)
        if not self.faults:
            self._play_all(session, items)
        return True

    def _run_once(self, session: pytest.Session) -> dict[str, pytest.Item]:
        """Run all tests under coverage, and return them by name."""
        self.coverage.start()
        for item, following in zip(session.items, [*session.items[1:], None], strict=True):
            self.coverage.switch_context(item.nodeid)
            started = time.monotonic()
            # The last one keeps what it shares with others, because the mutants need it.
            reports = runtestprotocol(item, log=False, nextitem=following or item)
            self.seconds[item.nodeid] = time.monotonic() - started
            self.faults += [
                f"{each.nodeid}: {each.longreprtext}" for each in reports if each.failed
            ]
        self.coverage.stop()
        return {item.nodeid: item for item in session.items}

    def _play_all(self, session: pytest.Session, items: dict[str, pytest.Item]) -> None:
        tests, functions = _tests_by_line(self.coverage), _functions_by_place()
        forget = _forgetters()
        connections.close_all()
        running: dict[int, tuple[Mutant, float]] = {}
        gc.freeze()  # so that the children share this process's memory
        with TemporaryDirectory(prefix="quantix-mutants-") as folder:
            for mutant in self.mutants:
                names = {n for line in mutant.lines for n in tests[str(ROOT / mutant.file), line]}
                if not names:
                    self.unreached.append(mutant)
                    continue
                chosen = [items[name] for name in sorted(names, key=self.seconds.__getitem__)]
                patience = PATIENCE + 5 * sum(self.seconds[name] for name in names)
                while len(running) >= AT_ONCE:
                    self._await_one(running)
                pid = os.fork()
                if pid == 0:
                    for each in forget:
                        each()
                    _play(mutant, chosen, functions, Path(folder))
                running[pid] = (mutant, time.monotonic() + patience)
            while running:
                self._await_one(running)

    def _await_one(self, running: dict[int, tuple[Mutant, float]]) -> None:
        """Wait until a mutant has ended; end those that hang, which counts as noticed."""
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid in running:
                mutant, _ = running.pop(pid)
                code = os.waitstatus_to_exitcode(status)
                if code == UNNOTICED:
                    self.survivors.append(mutant)
                    sys.stdout.write(f"not noticed: {mutant}\n")
                    sys.stdout.flush()
                elif code == BROKEN:
                    self.faults.append(f"could not be played: {mutant}")
                return
            for each, (_, until) in running.items():
                if time.monotonic() > until:
                    os.killpg(each, signal.SIGKILL)
            time.sleep(0.01)


def _tests_by_line(measured: coverage.Coverage) -> dict[tuple[str, int], list[str]]:
    data, found = measured.get_data(), defaultdict[tuple[str, int], list[str]](list)
    for file in data.measured_files():
        for line, names in data.contexts_by_lineno(file).items():
            found[file, line] += filter(None, names)
    return found


Place = tuple[str, str, int]


def _functions_by_place() -> dict[Place, list[FunctionType]]:
    """Return every function in memory by file, qualified name and first line."""
    found = defaultdict[Place, list[FunctionType]](list)
    for each in gc.get_objects():
        if isinstance(each, FunctionType):
            found[_place_of(each.__code__)].append(each)
    return found


def _forgetters() -> list[Callable[[], Any]]:
    """Return what empties the caches of the code: they were filled by the code as it is."""
    found: list[Callable[[], Any]] = []
    for each in gc.get_objects():
        match each:
            case Prepared():
                found.append(partial(vars(each).pop, "_plan", None))
            case Insert():
                found.append(each._statements.clear)
            case _ if isinstance(each, CACHED) and each.__module__.startswith(APPS):
                found.append(each.cache_clear)
    return found


def _place_of(code: CodeType) -> Place:
    return code.co_filename, code.co_qualname, code.co_firstlineno


# In the process of a mutant


def _play(
    mutant: Mutant,
    items: Sequence[pytest.Item],
    functions: dict[Place, list[FunctionType]],
    folder: Path,
) -> None:
    """Run the tests with the mutant until one fails, and end this process."""
    code = BROKEN
    try:
        os.setpgrp()
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (1, 2):
            os.dup2(silence, stream)
        with _own_database(folder):
            if _change(mutant, functions):
                code = NOTICED if _is_noticed(items) else UNNOTICED
    finally:
        os._exit(code)


def _change(mutant: Mutant, functions: dict[Place, list[FunctionType]]) -> bool:
    """Give the function, and those inside of it, the changed code; return whether it was found."""
    file = ROOT / mutant.file
    changed = compile(mutant.applied_to(file.read_bytes()), str(file), "exec")
    is_found = False
    for code in _codes_in(changed):
        if f"{code.co_qualname}.".startswith(f"{mutant.function}."):
            for function in functions.get(_place_of(code), []):
                if function.__code__.co_freevars == code.co_freevars:
                    function.__code__ = code
                    is_found = True
    return is_found


def _codes_in(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _codes_in(each)


def _is_noticed(items: Iterable[pytest.Item]) -> bool:
    for item in items:
        item.session._setupstate.teardown_exact(item)
        if any(report.failed for report in runtestprotocol(item, log=False, nextitem=item)):
            return True
    return False


class _own_database:  # noqa: N801, it is used as a function
    """Work in a copy of the test database, so that a process that is killed leaves nothing."""

    def __init__(self, folder: Path) -> None:
        self.name = str(folder / f"{os.getpid()}.sqlite3")
        self.template = str(connection.settings_dict["NAME"])

    def __enter__(self) -> None:
        if connection.vendor == "postgresql":
            self.name = f"mutant_{os.getpid()}"
            with connection._nodb_cursor() as cursor:
                cursor.execute(f'CREATE DATABASE "{self.name}" TEMPLATE "{self.template}"')
        else:
            shutil.copy(self.template, self.name)
        connections.close_all()
        connection.settings_dict["NAME"] = self.name

    def __exit__(self, *error: Any) -> None:
        connections.close_all()
        connection.settings_dict["NAME"] = self.template
        if connection.vendor == "postgresql":
            with connection._nodb_cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{self.name}" WITH (FORCE)')
        else:
            Path(self.name).unlink()
