"""Quantix as an installation runs it: gunicorn with its processes, in a checkout of its own."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from django.db import DEFAULT_DB_ALIAS, connections

from tests.run import ROOT
from tests.settings import ENVIRONMENT
from tests.support.servers.machine import free_port

# Seconds that nothing here takes, however busy the machine: where twenty other processes work,
# compressing the static files alone takes minutes.
PATIENCE = 300
SOURCES = ("quantix", "calendars", "onetime_links", "booking", "templates", "static", "locale")
# pyproject.toml holds the version.
ROOT_FILES = ("manage.py", "requirements.txt", "pyproject.toml")


def copy_checkout(folder: Path) -> Path:
    """Copy the program, without a developer's `.env`, data and generated files."""
    for name in SOURCES:
        if (ROOT / name).exists():
            ignored = shutil.ignore_patterns("__pycache__", "*.mo")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in ROOT_FILES:
        shutil.copy(ROOT / name, folder)
    return folder


def make_installation(folder: Path) -> Path:
    """Make a checkout with its static files collected, ready to serve as in production."""
    copy_checkout(folder)
    collect = "import django; django.setup(); from quantix.start import collect_static as c; c()"
    settings_module = {"DJANGO_SETTINGS_MODULE": "quantix.settings"}
    # Compressing takes minutes on a busy machine.
    for arguments in (("manage.py", "compilemessages"), ("-c", collect)):
        done = run_python(folder, *arguments, **ENVIRONMENT, **settings_module)
        if done.returncode:
            raise RuntimeError(done.stderr)
    shutil.rmtree(folder / ENVIRONMENT["DATA_DIR"])
    return folder


def changed(installation: Path, folder: Path, changes: Sequence[tuple[str, str, str]]) -> Path:
    """Return a copy in `folder` in which each change replaces code in the file it names."""
    shutil.copytree(installation, folder)
    for name, code, instead in changes:
        text = (folder / name).read_text()
        assert text.count(code) == 1
        (folder / name).write_text(text.replace(code, instead))
    return folder


def clean_environment(**variables: str) -> dict[str, str]:
    """Return what a process needs of the machine, and `variables`; nothing a developer exported."""
    machine = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**machine, "PYTHONDONTWRITEBYTECODE": "1", **variables}


def run_python(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=clean_environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def database_url(alias: str = DEFAULT_DB_ALIAS) -> str:
    """Return the address of a database that the running test uses."""
    database = connections[alias].settings_dict
    if connections[alias].vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    host = f"{database['HOST']}:{database['PORT'] or 5432}"
    return f"postgres://{database['USER']}:{database['PASSWORD']}@{host}/{database['NAME']}"


@dataclass
class Server:
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    host: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The id of gunicorn's main process, whose children are the workers."""
        return self.process.pid

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Return the status and the body."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as http:
            http.request("GET", path, headers={"Host": self.host, **headers})
            response = http.getresponse()
            return response.status, response.read().decode()

    def answers(self) -> bool:
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"gunicorn does not start:\n{self.log.read_text()}")
            time.sleep(0.05)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def gunicorn(
    folder: Path,
    log: Path,
    *options: str,
    workers: int = 2,
    port: int | None = None,
    application: str = "quantix.wsgi",
    alias: str = DEFAULT_DB_ALIAS,
    **variables: str,
) -> Iterator[Server]:
    """Run a server in `folder` on the database `alias`.

    `options` are gunicorn's options, and `variables` add to its environment.
    """
    port = port or free_port()
    base_url = variables.setdefault("BASE_URL", f"http://127.0.0.1:{port}")
    environment = {
        **ENVIRONMENT,
        "DATABASE_URL": database_url(alias),
        "DATA_DIR": str(log.parent / "data"),
        "WEB_CONCURRENCY": str(workers),
        **variables,
    }
    program = ["-m", "gunicorn", "--config", "quantix/gunicorn.py", "--bind", f"127.0.0.1:{port}"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *program, *options, application],
            cwd=folder,
            env=clean_environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    server = Server(port, process, log, urlsplit(base_url).netloc)
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()
