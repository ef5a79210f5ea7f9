"""The lines of docs/deploy.md that are for PostgreSQL, the proxy and compose do what it says."""

import re
import secrets
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from django.db import connection

from tests.run import ROOT
from tests.settings import ENVIRONMENT
from tests.support.servers.installation import Server, run_python

PAGE = (ROOT / "docs" / "deploy.md").read_text()
# Statements for the operator; those in code blocks are run elsewhere.
STATEMENTS = re.findall(r"`((?:CREATE|GRANT|ALTER) [^`]+)`", PAGE)

needs_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="about PostgreSQL")


def test_every_statement_is_run_below() -> None:
    begins = ["CREATE DATABASE", "GRANT CREATE ON DATABASE", "CREATE EXTENSION"]
    begins += ["GRANT CREATE ON SCHEMA", "ALTER ROLE"]
    assert len(STATEMENTS) == len(begins)
    assert all(map(str.startswith, STATEMENTS, begins))


@dataclass
class Newcomer:
    """A role that may do nothing yet, and the name of its database, which is the same."""

    name: str
    password: str

    def url(self) -> str:
        server = connection.settings_dict
        host = f"{server['HOST']}:{server['PORT']}"
        return f"postgres://{self.name}:{self.password}@{host}/{self.name}"

    def tell(self, statement: str, *, inside: bool = False) -> None:
        """Run a statement of the page as a superuser, `inside` the newcomer's database or not."""
        server = connection.settings_dict
        with psycopg.connect(
            host=server["HOST"],
            port=server["PORT"],
            user=server["USER"],
            password=server["PASSWORD"],
            dbname=self.name if inside else server["NAME"],
            autocommit=True,
        ) as session:
            session.execute(re.sub(r"\bquantix\b", self.name, statement).encode())

    def migrates(self, checkout: Path) -> bool:
        variables = {**ENVIRONMENT, "DATABASE_URL": self.url()}
        return run_python(checkout, "manage.py", "migrate", "-v0", **variables).returncode == 0


@pytest.fixture
def newcomer(transactional_db: None) -> Iterator[Newcomer]:
    newcomer = Newcomer(f"quantix_{secrets.token_hex(4)}", secrets.token_hex(16))
    newcomer.tell(f"CREATE ROLE quantix LOGIN PASSWORD '{newcomer.password}'")
    yield newcomer
    newcomer.tell("DROP DATABASE IF EXISTS quantix")
    newcomer.tell("DROP ROLE quantix")


@needs_postgresql
def test_role_migrates_a_database_of_its_own(newcomer: Newcomer, checkout: Path) -> None:
    newcomer.tell(STATEMENTS[0])
    assert newcomer.migrates(checkout)


@needs_postgresql
@pytest.mark.parametrize("extensions_by", ["the role", "a superuser"])
def test_role_migrates_another_database(
    newcomer: Newcomer, checkout: Path, extensions_by: str
) -> None:
    _, on_database, extensions, on_schema, _ = STATEMENTS
    newcomer.tell("CREATE DATABASE quantix ENCODING 'UTF8' TEMPLATE template0")
    # Before PostgreSQL 15 everybody had this right.
    newcomer.tell("REVOKE CREATE ON SCHEMA public FROM public", inside=True)
    assert not newcomer.migrates(checkout)
    newcomer.tell(on_schema, inside=True)
    assert not newcomer.migrates(checkout)
    newcomer.tell(on_database if extensions_by == "the role" else extensions, inside=True)
    assert newcomer.migrates(checkout)


@needs_postgresql
def test_role_has_the_limit_that_pgbouncer_does_not_pass_on(newcomer: Newcomer) -> None:
    newcomer.tell(STATEMENTS[0])
    newcomer.tell(STATEMENTS[4])
    with psycopg.connect(newcomer.url()) as session:
        assert session.execute("SHOW lock_timeout").fetchone() == ("4s",)


@pytest.mark.once
@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_readyz_is_asked_past_the_proxy(start_server: Callable[..., Server]) -> None:
    [line] = re.findall(r"`(curl [^`]+)`", PAGE)
    server = start_server(BASE_URL="https://book.example.com", workers=1)
    command = shlex.split(line.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}"))
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr


@pytest.mark.once
def test_lines_for_compose_name_its_services() -> None:
    compose: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    lines = re.findall(r"(?:^    |`)docker compose ([^`\n]+)", PAGE, re.MULTILINE)
    assert lines
    for line in lines:
        action, *rest = shlex.split(line)
        assert action in {"exec", "cp", "stop", "run", "up", "build"}
        services = {word.partition(":")[0] for word in rest} & {"web", "worker", "database"}
        assert services <= set(compose["services"])
        assert services or action in {"up", "build"}
