"""What processes have used so far, from /proc."""

import os
import re
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(*roots: int) -> float:
    """The processor time of these processes and of all that they have started.

    What has ended is counted by who waited for it, so nothing is lost when a process ends.
    """
    return sum(_ticks(pid) for root in roots for pid in family(root)) / TICKS_A_SECOND


def family(root: int) -> list[int]:
    """A process and all that it has started and that lives."""
    try:
        children = Path(f"/proc/{root}/task/{root}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [root, *(pid for child in children for pid in family(int(child)))]


def parent_of(pid: int) -> int:
    return int(_stat(pid)[1])


def memory(pid: int) -> float:
    """MB of a process, where what it shares with others is divided between them."""
    found = re.search(r"^Pss: +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    if found is None:
        raise RuntimeError(f"The kernel does not tell the memory of process {pid}.")
    return int(found[1]) / 1024


def _ticks(pid: int) -> int:
    """In user and system mode, of its own and of its children that have ended."""
    try:
        return sum(int(number) for number in _stat(pid)[11:15])
    except FileNotFoundError:
        return 0


def _stat(pid: int) -> list[str]:
    """From the state on: the name before it may hold spaces and brackets."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
