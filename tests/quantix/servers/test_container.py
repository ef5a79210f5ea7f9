"""The Dockerfile and compose.yaml: tests cannot build them, but read them and run commands."""

import json
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.run import ROOT
from tests.settings import ENVIRONMENT
from tests.support.servers.installation import (
    ROOT_FILES,
    SOURCES,
    Server,
    copy_checkout,
    run_python,
)

pytestmark = pytest.mark.once

TEMPORARY = "/tmp"  # noqa: S108  that of a container


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions in order, with continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\s*\\\n\s*", " ", text).splitlines()
    return [
        (name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines if line)
    ]


def last(name: str) -> str:
    return [rest for each, rest in instructions() if each == name][-1]


def python_arguments(exec_form: str) -> list[str]:
    arguments: list[str]
    program, *arguments = json.loads(exec_form)
    assert program == "python"
    return arguments


@pytest.fixture
def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return parsed


def test_image_runs_as_an_unprivileged_user() -> None:
    assert last("USER") == "quantix"
    final_stage = [name for name, _ in instructions()][::-1]
    assert final_stage.index("USER") < final_stage.index("RUN")


def test_image_has_one_volume_which_is_the_data_folder() -> None:
    assert [rest for name, rest in instructions() if name == "VOLUME"] == ["/data"]
    assert "DATA_DIR=/data" in shlex.split(last("ENV"))


def test_image_installs_by_hash_and_keeps_no_cache() -> None:
    [install] = [rest for name, rest in instructions() if "pip install" in rest]
    assert {"--require-hashes", "--no-cache-dir"} <= set(install.split())


def test_image_holds_only_what_the_server_runs() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    kept = {line[1:] for line in lines if line.startswith("!")}
    assert kept == {*ROOT_FILES, *SOURCES}


def test_build_step_collects_static_files_and_compiles_translations(tmp_path: Path) -> None:
    checkout = copy_checkout(tmp_path / "checkout")
    [step] = [rest for name, rest in instructions() if "collectstatic" in rest]
    first, *commands = (shlex.split(command) for command in step.split("&&"))
    assert first.pop(0) == "export"
    variables = {**dict(word.split("=", 1) for word in first), "DATA_DIR": str(tmp_path / "data")}
    for program, *arguments in commands:
        assert program == "python"
        dry = ["--dry-run"] if "collectstatic" in arguments else []
        done = run_python(checkout, *arguments, *dry, **variables)
        assert (done.returncode, done.stderr) == (0, "")
    assert "static files copied" in done.stdout
    compiled, sources = ((checkout / "locale").rglob(f"*.{kind}") for kind in ("mo", "po"))
    assert {path.parent for path in compiled} == {path.parent for path in sources}


def test_entrypoint_migrates_and_becomes_the_command(checkout: Path, tmp_path: Path) -> None:
    entrypoint = python_arguments(last("ENTRYPOINT"))
    variables = {"SECRET_KEY": ENVIRONMENT["SECRET_KEY"], "DATA_DIR": str(tmp_path), "DEMO": "0"}
    command = [sys.executable, "manage.py", "migrate", "--check"]
    done = run_python(checkout, *entrypoint, *command, **variables)
    assert (done.returncode, done.stderr) == (0, "")
    count = "from calendars.models import Owner; print(Owner.objects.count())"
    command = [sys.executable, "manage.py", "shell", "--verbosity=0", "--command", count]
    assert run_python(checkout, *entrypoint, *command, **variables).stdout == "0\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEB_CONCURRENCY", "many"),
        ("DEMO", "maybe"),
        ("SECRET_KEY", ""),
        ("DEMO_PASSWORD", ""),
        ("DATABASE_URL", "sqlite:////dev/null/quantix.sqlite3"),
    ],
)
def test_entrypoint_says_in_a_sentence_what_is_wrong(
    checkout: Path, tmp_path: Path, name: str, value: str
) -> None:
    variables = {
        "SECRET_KEY": ENVIRONMENT["SECRET_KEY"],
        "DATA_DIR": str(tmp_path),
        "DEMO": "1",
        "DEMO_PASSWORD": "correct horse battery",
        name: value,
    }
    done = run_python(checkout, *python_arguments(last("ENTRYPOINT")), "true", **variables)
    assert done.returncode == 1
    [sentence] = done.stderr.splitlines()
    assert sentence.startswith("Quantix cannot start: ")
    assert name in sentence


def test_command_is_gunicorn_with_our_settings() -> None:
    *start, application = python_arguments(last("CMD"))
    assert start[:2] == ["-m", "gunicorn"]
    assert dict(zip(start[2::2], start[3::2], strict=True)) == {
        "--config": "quantix/gunicorn.py",
        "--bind": f"0.0.0.0:{last('EXPOSE')}",
    }
    assert application == "quantix.wsgi"


def health_check() -> list[str]:
    """Return the arguments of Python in the health check, without the port."""
    options, command = last("HEALTHCHECK").split(" CMD ")
    assert {"--interval", "--timeout", "--start-period", "--retries"} == {
        option.split("=")[0] for option in options.split()
    }
    *arguments, port = python_arguments(command)
    assert port == last("EXPOSE")
    return arguments


def test_health_check_asks_the_server(
    start_server: Callable[..., Server], installation: Path
) -> None:
    base_url = "https://book.example.com"
    server = start_server(BASE_URL=base_url, workers=1)
    command = [*health_check(), str(server.port)]
    assert run_python(installation, *command, BASE_URL=base_url).returncode == 0
    # Django refuses this host, because it is not that of the server's BASE_URL.
    assert run_python(installation, *command, BASE_URL="https://a.example.com").returncode == 1
    server.stop()
    assert run_python(installation, *command, BASE_URL=base_url).returncode == 1


def test_compose_waits_for_a_healthy_database(compose: dict[str, Any]) -> None:
    web, database = compose["services"]["web"], compose["services"]["database"]
    assert web["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert database["image"] == "postgres:17"
    assert database["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]
    services = compose["services"].values()
    assert all(service["restart"] == "unless-stopped" for service in services)


def test_compose_starts_the_worker_once_the_web_has_migrated(
    compose: dict[str, Any], checkout: Path, tmp_path: Path
) -> None:
    web, worker = compose["services"]["web"], compose["services"]["worker"]
    assert worker["depends_on"] == {"web": {"condition": "service_healthy"}}
    assert (worker["build"], worker["environment"]) == (web["build"], web["environment"])
    assert "ports" not in worker
    health, *check = worker["healthcheck"]["test"]
    assert (health, check[:-1]) == ("CMD", worker["entrypoint"])
    # The check ends at once, and complains about a database that was never migrated.
    variables = {"SECRET_KEY": ENVIRONMENT["SECRET_KEY"], "DATA_DIR": str(tmp_path / "data")}
    done = run_python(checkout, *python_arguments(json.dumps(check)), **variables)
    assert (done.returncode, "no such table" in done.stderr) == (1, True)
    run_python(checkout, "manage.py", "migrate", **variables)
    done = run_python(checkout, *python_arguments(json.dumps(check)), **variables)
    assert (done.returncode, done.stdout) == (0, "Nothing is overdue.\n")


def test_compose_publishes_only_the_web_on_loopback(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["web"]["ports"] == ["127.0.0.1:${PORT:-8000}:8000"]
    assert [name for name in services if "ports" in services[name]] == ["web"]


def test_compose_confines_every_service(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert TEMPORARY in service["tmpfs"]


def test_database_needs_no_capability_and_writes_only_where_it_may(compose: dict[str, Any]) -> None:
    """As root, the image's entry point would first give its folders to the user postgres."""
    database = compose["services"]["database"]
    assert database["user"] == "postgres"
    assert database["tmpfs"] == [TEMPORARY, "/run/postgresql"]
    assert database["volumes"] == ["database:/var/lib/postgresql/data"]


def test_image_has_client_programs_as_new_as_the_database(compose: dict[str, Any]) -> None:
    """`pg_dump` refuses a server that is newer than itself."""
    programs = {"bookworm": 15, "trixie": 17}
    [debian] = {
        rest.split()[0].rpartition("-")[2] for name, rest in instructions() if name == "FROM"
    }
    assert programs[debian] >= int(compose["services"]["database"]["image"].split(":")[1])


def test_compose_keeps_data_in_named_volumes(compose: dict[str, Any]) -> None:
    used = {
        volume.split(":")[0]
        for service in compose["services"].values()
        for volume in service["volumes"]
    }
    assert used == set(compose["volumes"])


def test_compose_demands_every_secret(compose: dict[str, Any]) -> None:
    environment = compose["services"]["web"]["environment"]
    assert "${SECRET_KEY:?" in environment["SECRET_KEY"]
    assert "${BASE_URL:?" in environment["BASE_URL"]
    assert "${POSTGRES_PASSWORD:?" in environment["DATABASE_URL"]
    assert (
        "${POSTGRES_PASSWORD:?"
        in compose["services"]["database"]["environment"]["POSTGRES_PASSWORD"]
    )


def test_compose_passes_every_setting_on(compose: dict[str, Any]) -> None:
    """compose.yaml passes on every setting except three that make no sense in a container."""
    table = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    passed = set(compose["services"]["web"]["environment"])
    assert set(table) - passed == {"DATA_DIR", "PORT", "DEBUG"}


def test_compose_environment_starts_quantix(
    checkout: Path, tmp_path: Path, compose: dict[str, Any]
) -> None:
    given = {
        "SECRET_KEY": "x" * 50,
        "BASE_URL": "https://book.example.com",
        "POSTGRES_PASSWORD": "p",
    }

    def fill_in(match: re.Match[str]) -> str:
        return given.get(match["name"]) or match["default"] or ""

    reference = re.compile(r"\$\{(?P<name>\w+):(?:-(?P<default>[^}]*)|\?[^}]*)\}")
    variables = {
        name: reference.sub(fill_in, str(value))
        for name, value in compose["services"]["web"]["environment"].items()
        if value is not None
    }
    done = run_python(checkout, "manage.py", "check", DATA_DIR=str(tmp_path), **variables)
    assert (done.returncode, done.stderr) == (0, "")
