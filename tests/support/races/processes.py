"""Runs functions at the same instant in processes of their own."""

import multiprocessing
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections

FORK = multiprocessing.get_context("fork")
PATIENCE = 60


def race(runners: Sequence[Callable[[], Any]]) -> list[str]:
    """What became of each runner: "ok", or the name of the exception that it ended with.

    Every runner is a process with a database connection of its own; all start together. What a
    test has patched is patched in them too.
    """
    # A forked process that closed an inherited connection would close it for this one as well.
    connections.close_all()
    barrier = FORK.Barrier(len(runners))
    outcomes = FORK.SimpleQueue()
    processes = [
        FORK.Process(target=_run, args=(number, runner, barrier, outcomes), daemon=True)
        for number, runner in enumerate(runners)
    ]
    for process in processes:
        process.start()
    results = dict(outcomes.get() for _ in processes)
    for process in processes:
        process.join(PATIENCE)
    return [results[number] for number in range(len(runners))]


def _run(number: int, runner: Callable[[], Any], barrier: Any, outcomes: Any) -> None:
    try:
        connections["default"].ensure_connection()
        barrier.wait(PATIENCE)
        runner()
        outcome = "ok"
    except Exception as error:
        outcome = type(error).__name__
    finally:
        connections.close_all()
    outcomes.put((number, outcome))
