import re
from pathlib import Path
from stat import S_IMODE

import pytest

from tests.run import ROOT
from tests.settings import ENVIRONMENT
from tests.support.servers.installation import run_python

pytestmark = pytest.mark.once

WORKING = {**ENVIRONMENT, "DATABASE_URL": "sqlite:////tmp/never-opened.sqlite3"}

READERS = (
    "text|secret|switch|whole_number|one_of|limit|folder|host_names|web_origin|database|mail_server"
    "|sender"
)
READ = re.compile(
    rf"""(?:\b(?:{READERS})\(|environ(?:\.get|\.setdefault)?[(\[])\s*"([A-Z][A-Z_]+)\""""
)
NOT_YET_IN_WORDS = [
    ("DATABASE_URL", "nonsense"),
    ("DATABASE_URL", ""),
    ("BASE_URL", "http://[book.example.com"),
    ("BASE_URL", "http://book.example.com:port"),
    ("DATA_DIR", "/dev/null/data"),
    ("DEBUG", "maybe"),
    ("SIGN_UP_OPEN", "maybe"),
    ("HSTS_SCOPE", "everything"),
    ("TRUSTED_PROXY_HOPS", "-1"),
    ("TRUSTED_PROXY_HOPS", "many"),
    ("LIMIT_SIGN_INS", "often"),
]
INTERNAL = {"DJANGO_SETTINGS_MODULE"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", None),
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("BASE_URL", "book.example.com"),
        ("BASE_URL", "https://book.example.com/quantix"),
        ("DATABASE_URL", "mysql://user@127.0.0.1/name"),
        ("EMAIL_URL", "nonsense"),
        ("EMAIL_URL", "smtp+tls://user:password@"),
        ("ALLOWED_HOSTS", "https://book.example.com"),
        ("DEFAULT_FROM_EMAIL", "nobody"),
        *NOT_YET_IN_WORDS,
    ],
)
def test_broken_setting_stops_the_start(
    checkout: Path, tmp_path: Path, name: str, value: str | None
) -> None:
    variables = {**WORKING, "DATA_DIR": str(tmp_path), name: value}
    given = {key: value for key, value in variables.items() if value is not None}
    done = run_python(checkout, "manage.py", "check", **given)
    assert done.returncode == 1
    [sentence] = done.stderr.splitlines()
    assert sentence.startswith("Quantix cannot start: ")
    assert name in sentence


@pytest.mark.parametrize(
    ("url", "port", "starts_tls", "is_tls"),
    [
        ("smtp://mail.example.com", 25, False, False),
        ("smtp+tls://me:p%40ss@mail.example.com", 587, True, False),
        ("smtp+tls://me:p%40ss@mail.example.com:2525", 2525, True, False),
        ("smtps://me:p%40ss@mail.example.com", 465, False, True),
        ("smtp+ssl://me:p%40ss@mail.example.com", 465, False, True),
    ],
)
def test_email_url_names_a_mail_server(
    checkout: Path, tmp_path: Path, url: str, port: int, starts_tls: bool, is_tls: bool
) -> None:
    code = (
        "from django.core.mail.backends.smtp import EmailBackend;"
        "import django; django.setup(); b = EmailBackend();"
        "print((b.host, b.port, b.username, b.password, b.use_tls, b.use_ssl, b.timeout))"
    )
    variables = {"EMAIL_URL": url, "DATA_DIR": str(tmp_path)}
    variables["DJANGO_SETTINGS_MODULE"] = "quantix.settings"
    done = run_python(checkout, "-c", code, **{**WORKING, **variables})
    account = ("me", "p@ss") if "@" in url else (None, None)
    assert done.stdout == f"{('mail.example.com', port, *account, starts_tls, is_tls, 10)}\n"


def test_working_settings_start(checkout: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    done = run_python(checkout, "manage.py", "check", **{**WORKING, "DATA_DIR": str(data)})
    assert (done.returncode, done.stderr) == (0, "")
    assert S_IMODE(data.stat().st_mode) == 0o700


@pytest.mark.parametrize("scope", ["host", "preload"])
def test_https_passes_the_deployment_check(checkout: Path, tmp_path: Path, scope: str) -> None:
    variables = {
        **WORKING,
        "SECRET_KEY": "long and random, 50 characters or more: a1B2c3D4e5F6g7H8",
        "BASE_URL": "https://book.example.com",
        "DATA_DIR": str(tmp_path),
        "HSTS_SCOPE": scope,
    }
    command = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    done = run_python(checkout, *command, **variables)
    assert done.returncode == 0, done.stderr
    # Only the warnings about what the installation decided against are silenced.
    silenced = {"host": "(2 silenced)", "preload": "(0 silenced)"}[scope]
    assert done.stdout == f"System check identified no issues {silenced}.\n"


def test_every_setting_is_documented() -> None:
    read = {
        name for path in (ROOT / "quantix").glob("*.py") for name in READ.findall(path.read_text())
    }
    table = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sorted(read - INTERNAL) == sorted(table)
    assert "SECRET_KEY" in table
