"""`make run`, from `python -m quantix.start` on."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.run import ROOT
from tests.support.servers.installation import (
    PATIENCE,
    Server,
    clean_environment,
    copy_checkout,
    run_python,
)
from tests.support.servers.machine import free_port
from tests.support.servers.workers import wait_until

pytestmark = pytest.mark.once


@pytest.fixture
def fresh_clone(tmp_path: Path) -> Path:
    return copy_checkout(tmp_path / "clone")


@pytest.fixture
def collected_clone(tmp_path: Path, installation: Path) -> Path:
    """A clone whose static files are collected already, because collecting takes seconds."""
    return shutil.copytree(installation, tmp_path / "clone")


@contextmanager
def started(folder: Path, *arguments: str, **variables: str) -> Iterator[Server]:
    port = free_port()
    log = folder.parent / "start.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "quantix.start", *arguments],
            cwd=folder,
            env=clean_environment(PORT=str(port), WEB_CONCURRENCY="1", **variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    server = Server(port, process, log, f"127.0.0.1:{port}")
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


def read_env(folder: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in (folder / ".env").read_text().splitlines())


def test_first_start_makes_secrets_and_demo_data(fresh_clone: Path) -> None:
    with started(fresh_clone) as server:
        assert server.get("/readyz") == (200, "ok\n")
    secrets = read_env(fresh_clone)
    assert list(secrets) == ["SECRET_KEY", "DEMO_PASSWORD"]
    assert len(secrets["SECRET_KEY"]) >= 50
    assert stat.S_IMODE((fresh_clone / ".env").stat().st_mode) == 0o600
    assert said(server) == {
        "Quantix": f"{server.url}/",
        "User": "demo@example.com",
        "Password": secrets["DEMO_PASSWORD"],
    }


def test_second_start_keeps_everything(collected_clone: Path) -> None:
    with started(collected_clone) as first:
        pass
    stamp = collected_clone / "staticfiles" / ".sources"
    before = (read_env(collected_clone), stamp.stat().st_mtime_ns)
    with started(collected_clone) as second:
        pass
    assert (read_env(collected_clone), stamp.stat().st_mtime_ns) == before
    assert said(second)["Password"] == said(first)["Password"]
    assert "Collecting" not in second.log.read_text()


def said(server: Server) -> dict[str, str]:
    """Return what the server told the person who started it."""
    return dict(
        re.findall(r"^(Quantix|User|Password): (.*)$", server.log.read_text(), re.MULTILINE)
    )


def test_changed_static_file_is_collected_again(collected_clone: Path) -> None:
    (collected_clone / "static" / "new.css").write_text("a { color: red }")
    with started(collected_clone, DEMO="0"):
        pass
    assert list((collected_clone / "staticfiles").glob("new.*.css"))


def test_given_database_stays_empty(collected_clone: Path) -> None:
    url = f"sqlite:///{collected_clone / 'mine.sqlite3'}"
    with started(collected_clone, DATABASE_URL=url) as server:
        pass
    assert list(said(server)) == ["Quantix"]


def test_given_database_gets_demo_data_when_asked(collected_clone: Path) -> None:
    variables = {
        "DATABASE_URL": f"sqlite:///{collected_clone / 'mine.sqlite3'}",
        "DEMO": "1",
        "DEMO_PASSWORD": "correct horse battery",
    }
    with started(collected_clone, **variables) as server:
        pass
    assert said(server)["Password"] == "correct horse battery"
    with started(collected_clone, **{**variables, "DEMO_PASSWORD": "another one"}) as server:
        pass
    assert said(server)["Password"] == "(the one you have set since)"


def test_dev_shows_errors_and_collects_nothing(fresh_clone: Path) -> None:
    with started(fresh_clone, "--dev", DEMO="0") as server:
        status, body = server.get("/nothing-here")
    assert (status, "DEBUG = True" in body) == (404, True)
    assert not (fresh_clone / "staticfiles").exists()


def test_env_is_completed_and_not_replaced(fresh_clone: Path) -> None:
    (fresh_clone / ".env").write_text(f"SECRET_KEY={'k' * 50}")
    run_python(fresh_clone, "-m", "quantix.start", PORT="none")
    secrets = read_env(fresh_clone)
    assert secrets["SECRET_KEY"] == "k" * 50
    assert secrets["DEMO_PASSWORD"]


def test_ctrl_c_ends_it_without_a_traceback(collected_clone: Path) -> None:
    with started(collected_clone, DEMO="0") as server:
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(PATIENCE) == 0
    assert "Traceback" not in server.log.read_text()


def test_worker_runs_beside_the_web_server(collected_clone: Path) -> None:
    with started(collected_clone, DEMO="0") as server:
        wait_until(lambda: "The worker hands over" in server.log.read_text())
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(PATIENCE) == 0
    assert server.log.read_text().count("The worker has ended.") == 1


@pytest.mark.parametrize("name", ["web server", "worker"])
def test_end_of_one_is_the_end_of_both(collected_clone: Path, name: str) -> None:
    with started(collected_clone, DEMO="0") as server:
        os.kill(child(server.pid, PROGRAMS[name]), signal.SIGKILL)
        assert server.process.wait(PATIENCE) == 1
        # gunicorn's workers check about once a second whether gunicorn is still there.
        wait_until(lambda: not server.answers())
    assert f"The {name} has ended (code -9), and so does Quantix." in server.log.read_text()


PROGRAMS = {"web server": b"gunicorn", "worker": b"manage.py\0work"}


def child(parent: int, program: bytes) -> int:
    """Return the id of the process that `parent` started and that runs `program`."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    [pid] = [each for each in children if program in Path(f"/proc/{each}/cmdline").read_bytes()]
    return int(pid)


def test_taken_port_is_said_in_a_sentence(fresh_clone: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run_python(fresh_clone, "-m", "quantix.start", PORT=port)
    assert done.returncode == 1
    [sentence] = done.stderr.splitlines()
    assert sentence.startswith(f"Quantix cannot start: PORT {port} ")


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "x"), ("PORT", "0"), ("PORT", "65536"), ("WEB_CONCURRENCY", "-1")]
)
def test_broken_setting_is_said_in_a_sentence(fresh_clone: Path, name: str, value: str) -> None:
    done = run_python(fresh_clone, "-m", "quantix.start", **{"PORT": "8000", name: value})
    assert done.returncode == 1
    [sentence] = done.stderr.splitlines()
    assert sentence.startswith(f"Quantix cannot start: {name} ")


def fake_python(folder: Path, script: str) -> dict[str, str]:
    """Return a PATH with a `python3` that answers as `script` does, and without uv."""
    program = folder / "python3"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        # This is Debian's python3 without python3-venv, as far as the Makefile asks it.
        (
            f"""case "$2" in *ensurepip*) exit 1;; esac; exec {sys.executable} "$@" """,
            "apt-get install python{}.{}-venv".format(*sys.version_info[:2]),
        ),
        ("exit 1", "Quantix needs Python 3.11 or newer."),
    ],
)
def test_make_says_what_the_machine_lacks(tmp_path: Path, script: str, sentence: str) -> None:
    for name in ("Makefile", "requirements.txt"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    (tmp_path / "bin").mkdir()
    done = subprocess.run(
        ["make", "run"],
        cwd=tmp_path,
        env=fake_python(tmp_path / "bin", script),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert sentence in done.stdout
    assert not (tmp_path / ".venv").exists()
