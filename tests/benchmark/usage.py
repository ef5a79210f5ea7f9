"""The resources that processes have used so far, from /proc."""

import os
import re
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(*roots: int) -> float:
    """Return the processor time of these processes and of all their descendants.

    A process that has ended is counted in its parent, which waited for it, so nothing is lost.
    """
    return sum(_ticks(pid) for root in roots for pid in family(root)) / TICKS_A_SECOND


def family(root: int) -> list[int]:
    """Return a process and its living descendants."""
    try:
        children = Path(f"/proc/{root}/task/{root}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [root, *(pid for child in children for pid in family(int(child)))]


def parent_of(pid: int) -> int:
    return int(_stat(pid)[1])


def memory(pid: int) -> float:
    """Return the MB of a process; memory that it shares is divided between its users."""
    found = re.search(r"^Pss: +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    if found is None:
        raise RuntimeError(f"The kernel does not tell the memory of process {pid}.")
    return int(found[1]) / 1024


def _ticks(pid: int) -> int:
    """Return the ticks in user and system mode of a process and of its children that have ended."""
    try:
        return sum(int(number) for number in _stat(pid)[11:15])
    except FileNotFoundError:
        return 0


def _stat(pid: int) -> list[str]:
    """Return the fields from the state on: the name before it may hold spaces and brackets."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
