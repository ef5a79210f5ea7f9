"""Functions that run at the same instant, each in a process of its own."""

import multiprocessing
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections

FORK = multiprocessing.get_context("fork")
PATIENCE = 60


def race(runners: Sequence[Callable[[], Any]]) -> list[str]:
    """Return how each runner ended: "ok", or the name of the exception that it raised.

    Every runner is a process with a database connection of its own, and all start together. A
    test's patches apply in the processes too.
    """
    # A child that closed an inherited connection would close it for this process too.
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
