import os
from collections.abc import Callable
from pathlib import Path

import pytest

from calendars.models import Owner
from tests.servers import Server

TOKEN = "kT4mZq8YwB2nRx6VsJ1pLc"


def test_server_reads_the_tests_database(server_process: Server, olive: Owner) -> None:
    assert server_process.get("/readyz") == (200, "ok\n")


def test_server_has_as_many_workers_as_asked(start_server: Callable[..., Server]) -> None:
    server = start_server(workers=3)
    assert server.log.read_text().count("Booting worker") == 3


@pytest.mark.parametrize("path", [f"/l/{TOKEN}/", f"/manage/{TOKEN}/", f"/manage/{TOKEN}/nothing"])
def test_no_log_line_holds_a_token(start_server: Callable[..., Server], path: str) -> None:
    server = start_server("--access-logfile", "-", "--log-level", "debug")
    assert server.get(f"{path}?a=1", Referer=f"{server.url}{path}")[0] == 404
    server.stop()
    log = server.log.read_text()
    assert log.count(path.replace(TOKEN, "…")) >= 2
    assert TOKEN not in log


def test_server_opens_no_control_socket(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    start_server(HOME=str(home), XDG_RUNTIME_DIR=str(home))
    assert os.listdir(home) == []
