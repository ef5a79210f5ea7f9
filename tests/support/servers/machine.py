"""The programs of the machine that tests need: a browser, PostgreSQL and PgBouncer."""

import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import psycopg
from playwright.sync_api import sync_playwright

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """Return the path of the machine's Chromium, or else of the one that Playwright installed."""
    for name in CHROMIUM_NAMES:
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def find_postgresql() -> Path | None:
    """Return the folder of `initdb` and `postgres`; Debian keeps them off the PATH."""
    if (initdb := shutil.which("initdb")) and shutil.which("postgres"):
        return Path(initdb).parent
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    return max(folders, key=lambda folder: float(folder.parent.name), default=None)


def find_pgbouncer() -> str | None:
    """Return the path of PgBouncer, which Debian keeps off the PATH of ordinary users."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def unprivileged_user() -> pwd.struct_passwd | None:
    """Return the user who runs PostgreSQL and PgBouncer if we are root, whom they refuse."""
    if os.geteuid():
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def hand_over(*paths: Path) -> dict[str, Any]:
    """Give `paths` to an unprivileged user if we are root; return arguments to run as that user."""
    user = unprivileged_user()
    if not user:
        return {}
    for path in paths:
        os.chown(path, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def throwaway_postgresql(programs: Path) -> Iterator[str]:
    """Yield the address of an empty PostgreSQL that is deleted afterwards, with its files."""
    # Nobody would miss its data, so it need not wait for the disk.
    careless = ("fsync", "synchronous_commit", "full_page_writes")
    with throwaway_cluster(programs, **dict.fromkeys(careless, "off")) as cluster:
        yield cluster.url


@contextmanager
def throwaway_cluster(programs: Path, **options: str) -> Iterator["Cluster"]:
    """Yield a PostgreSQL to kill and start again; as in production, it keeps confirmed data."""
    folder = Path(tempfile.mkdtemp(prefix="quantix-postgresql-"))
    try:
        cluster = Cluster(programs, folder, options)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Cluster:
    def __init__(self, programs: Path, folder: Path, options: dict[str, str]) -> None:
        self.programs, self.folder = programs, folder
        self.port, password = free_port(), secrets.token_hex(16)
        self.url = f"postgres://quantix:{password}@127.0.0.1:{self.port}/postgres"
        self.options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(folder),
            "max_connections": "200",
            **options,
        }
        password_file = folder / "password"
        password_file.write_text(password)
        self.identity = hand_over(folder, password_file)
        # The password is needed: every user of the machine can reach a port on loopback.
        subprocess.run(
            [
                *(programs / "initdb", "--pgdata", folder / "data", "--username", "quantix"),
                *("--auth", "scram-sha-256", "--pwfile", password_file),
                *("--encoding", "UTF8", "--no-locale", "--no-sync"),
            ],
            check=True,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            **self.identity,
        )

    def start(self) -> None:
        options = (("-c", f"{name}={value}") for name, value in self.options.items())
        with (self.folder / "log").open("a") as log:
            self.server = subprocess.Popen(
                [
                    *(self.programs / "postgres", "-D", self.folder / "data"),
                    *("-p", str(self.port)),
                    *(part for option in options for part in option),
                ],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C reaches the tests first; the server is stopped after them.
                start_new_session=True,
                **self.identity,
            )
        _wait_until_ready(self.server, self.url, self.folder / "log")

    def kill(self) -> None:
        """Kill the postmaster with SIGKILL and wait until the processes that it started have ended.

        Two servers would write the same files if it were started again before that.
        """
        family = self.processes()
        self.server.kill()
        self.server.wait()
        while any(map(_is_running, family)):
            time.sleep(0.02)

    def processes(self) -> list[int]:
        """Return the ids of the postmaster and of all processes that it has started."""
        children = Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children").read_text()
        return [self.server.pid, *map(int, children.split())]

    def stop(self) -> None:
        _stop(self.server)


@contextmanager
def throwaway_pgbouncer(program: str, url: str, ini: ConfigParser) -> Iterator[str]:
    """Yield the address of the PostgreSQL at `url` behind a PgBouncer, set up by `ini`.

    Hosts, ports, paths and the database's name in `ini` are replaced.
    """
    server, port = urlsplit(url), free_port()
    name, database = server.path.removeprefix("/"), ini["databases"].popitem()[1]
    place = f"host={server.hostname} port={server.port} dbname={name}"
    ini["databases"][name] = re.sub(r"host=\S+ port=\S+ dbname=\S+", place, database)
    with TemporaryDirectory(prefix="quantix-pgbouncer-") as folder:
        settings, users, log = (Path(folder) / each for each in ("ini", "users", "log"))
        places = {
            "listen_port": str(port),
            "auth_file": str(users),
            "unix_socket_dir": folder,
        }
        ini["pgbouncer"].update(places)
        users.write_text(f'"{server.username}" "{server.password}"\n')
        with settings.open("w") as file:
            ini.write(file)
        identity = hand_over(Path(folder), settings, users)
        with log.open("w") as output:
            process = subprocess.Popen(
                [program, settings],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **identity,
            )
        behind = server._replace(
            netloc=f"{server.username}:{server.password}@127.0.0.1:{port}"
        ).geturl()
        try:
            _wait_until_ready(process, behind, log)
            yield behind
        finally:
            process.terminate()
            process.wait(timeout=15)


def _wait_until_ready(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 300
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server does not start:\n{log.read_text()}") from error
            time.sleep(0.1)
        else:
            return


def _is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    # In a container, there may be no process that reaps zombies.
    return stat.rpartition(")")[2].split()[0] != "Z"


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)  # PostgreSQL's "fast" shutdown
    try:
        server.wait(timeout=15)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)  # its "immediate" one
        server.wait(timeout=15)
