"""Load from the clients of wrk, and what they saw."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

SCRIPT = Path(__file__).with_name("load.lua")
CLIENTS = 8


class NotMeasured(Exception):
    """The answers were not those that were to be measured, so there is no figure."""


@dataclass(frozen=True)
class Load:
    """The counts of wrk; `p50` and `p99` are milliseconds."""

    requests: int
    seconds: float
    bytes: int
    p50: float
    p99: float


def send(
    url: str, lines: Sequence[str], *, seconds: float, headers: Mapping[str, str], clients: int
) -> Load:
    """Send `lines` over and over for `seconds`. Raises NotMeasured if any answer is an error."""
    with TemporaryDirectory(prefix="quantix-load-") as folder:
        requests = Path(folder, "requests")
        requests.write_text("".join(f"{line}\n" for line in lines))
        options = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
        done = subprocess.run(
            [
                *("wrk", "-t1", f"-c{clients}", f"-d{seconds:g}s", "--timeout", "20s", *options),
                *("-s", str(SCRIPT), url, "--", str(requests)),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds + 60,
        )
    if done.returncode:
        raise NotMeasured(f"wrk failed: {done.stderr.strip() or done.stdout}")
    counted = json.loads(done.stdout.splitlines()[-1])
    bad, broken = counted.pop("statuses"), counted.pop("sockets")
    if bad or broken or not counted["requests"]:
        raise NotMeasured(
            f"{bad} answers were errors and {broken} connections broke, of {counted['requests']}"
        )
    return Load(**counted)
