"""The proxies of docs/deploy.md, set up with its own lines, on ports of loopback."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.run import ROOT
from tests.support.races.volley import Answer
from tests.support.servers.installation import PATIENCE, clean_environment

HOST = "book.example.com"
CERTIFICATES = f"/etc/letsencrypt/live/{HOST}"
IPV4, IPV6 = "127.0.0.1", "::1"


def example(language: str) -> str:
    """Return the lines of docs/deploy.md in that language."""
    text = (ROOT / "docs" / "deploy.md").read_text()
    [lines] = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return str(lines)


def find(program: str) -> str | None:
    """Return the path of a program; Debian keeps nginx off the PATH of ordinary users."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin")


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind((IPV6, 0))
    except OSError:
        return False
    return True


@dataclass
class Proxy:
    """A proxy that serves HOST over TLS; all that it writes is in `folder`."""

    folder: Path
    port: int

    @cached_property
    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.folder / "fullchain.pem")

    def ask(
        self,
        method: str,
        path: str,
        body: str | None = None,
        *,
        address: str = IPV4,
        **headers: str,
    ) -> Answer:
        with closing(HTTPConnection(HOST, self.port, timeout=PATIENCE)) as http:
            plain = socket.create_connection((address, self.port), PATIENCE)
            http.sock = self.tls.wrap_socket(plain, server_hostname=HOST)
            started = time.monotonic()
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            http.request(method, path, body, named)
            response = http.getresponse()
            text = response.read().decode()
            return Answer(response.status, response.headers, text, time.monotonic() - started)

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/healthz", Host=HOST).status > 0
        except OSError:
            return False

    def written(self) -> str:
        """Return all that it has logged."""
        return "".join(log.read_text() for log in self.folder.glob("*.log"))


def make_certificate(folder: Path) -> None:
    """Make a certificate of HOST that vouches for itself."""
    openssl = find("openssl")
    if not openssl:
        pytest.skip("There is no openssl: apt-get install openssl.")
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
    command += ["-addext", f"subjectAltName=DNS:{HOST}"]
    command += ["-keyout", "privkey.pem", "-out", "fullchain.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@contextmanager
def nginx(folder: Path, *, port: int, plain_port: int, upstream: int) -> Iterator[Proxy]:
    program = find("nginx")
    if not program:
        pytest.skip("There is no nginx: apt-get install nginx.")
    make_certificate(folder)
    ports = {"443": port, "80": plain_port}

    def on_loopback(listen: re.Match[str]) -> str:
        if listen[1] and not has_ipv6():
            return ""
        place = f"[{IPV6}]" if listen[1] else IPV4
        return f"listen {place}:{ports[listen[2]]}{listen[3]};"

    lines = re.sub(r"listen (\[::\]:)?(\d+)(.*);", on_loopback, example("nginx"))
    lines = lines.replace(CERTIFICATES, str(folder)).replace("/var/log/nginx", str(folder))
    lines = lines.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder / kind};\n" for kind in kinds)
    settings = folder / "nginx.conf"
    # As root, nginx would give its processes to a user who may not enter the folder.
    user = "" if os.geteuid() else "user root;\n"
    settings.write_text(
        f"{user}daemon off;\npid {folder / 'pid'};\nerror_log stderr crit;\n"
        f"events {{}}\nhttp {{\n{temporary}{lines}}}\n"
    )
    command = [program, "-p", str(folder), "-c", str(settings)]
    with _running(command, Proxy(folder, port)) as proxy:
        yield proxy


@contextmanager
def caddy(folder: Path, *, port: int, plain_port: int, upstream: int) -> Iterator[Proxy]:
    program = find("caddy")
    if not program:
        pytest.skip("There is no Caddy: apt-get install caddy.")
    make_certificate(folder)
    lines = example("caddy").replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    # Caddy gets certificates from the network by itself, and here it must not.
    options = f"{{\n    admin off\n    auto_https disable_redirects\n    http_port {plain_port}\n"
    addresses = f"{IPV4} {IPV6}" if has_ipv6() else IPV4
    site = (
        f"https://{HOST}:{port} {{\n    bind {addresses}\n"
        f"    tls {folder / 'fullchain.pem'} {folder / 'privkey.pem'}\n"
    )
    lines = lines.replace("{\n", options, 1).replace(f"{HOST} {{\n", site)
    settings = folder / "Caddyfile"
    settings.write_text(lines)
    command = [program, "run", "--adapter", "caddyfile", "--config", str(settings)]
    with _running(command, Proxy(folder, port)) as proxy:
        yield proxy


@contextmanager
def _running(command: list[str], proxy: Proxy) -> Iterator[Proxy]:
    log = proxy.folder / "output.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=clean_environment(HOME=str(proxy.folder)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not proxy.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The proxy does not start:\n{log.read_text()}")
            time.sleep(0.05)
        yield proxy
    finally:
        process.terminate()
        process.wait(timeout=60)
