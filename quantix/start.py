"""Starts a server from a checkout, for `make run` and, with --dev, for `make dev`."""

import hashlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connections

from quantix.environment import read_file, text, whole_number
from quantix.prepare import (
    check_server_settings,
    demo_wanted,
    faults_in_words,
    fill_with_demo,
    is_empty,
    migrate,
    say,
)

ROOT = Path(__file__).resolve().parent.parent
DEMO_USER = "demo@example.com"


def main(arguments: list[str]) -> None:
    dev = arguments == ["--dev"]
    os.chdir(ROOT)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quantix.settings")
    with faults_in_words():
        complete_env(ROOT / ".env")
        if dev:
            os.environ["DEBUG"] = "1"
        port = whole_number("PORT", 8000, at_most=65535)
        if not text("BASE_URL", ""):
            os.environ["BASE_URL"] = f"http://127.0.0.1:{port}"
        django.setup()
        check_server_settings()
        check_port_is_free(port)
        migrate()
        call_command("compilemessages")
        if not settings.DEBUG:
            collect_static()
        if demo_is_due() and is_empty():
            fill_with_demo()
        say_where_to_go()
        connections.close_all()
    sys.exit(serve(port, dev=dev))


def complete_env(path: Path) -> None:
    """Make the secrets that are not set in the environment or in `.env`, and add them to `.env`."""
    read_file(path)
    made = {"SECRET_KEY": secrets.token_urlsafe(48), "DEMO_PASSWORD": secrets.token_urlsafe(9)}
    missing = {name: value for name, value in made.items() if not text(name, "")}
    if not missing:
        return
    before = path.read_text() if path.exists() else ""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
        if before and not before.endswith("\n"):
            file.write("\n")
        file.writelines(f"{name}={value}\n" for name, value in missing.items())
    os.environ.update(missing)
    say(f"Wrote {' and '.join(missing)} to .env")


def check_port_is_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ImproperlyConfigured(
                f"PORT {port} cannot be used ({error.strerror}). Try another: PORT=8001 make run"
            ) from None


def collect_static() -> None:
    """Collect static files if one has changed since the last time: compressing takes seconds."""
    stamp = Path(settings.STATIC_ROOT) / ".sources"
    sources = digest_of_static_files()
    if stamp.exists() and stamp.read_text() == sources:
        return
    say("Collecting static files ...")
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(sources)


def digest_of_static_files() -> str:
    digest = hashlib.sha256(django.get_version().encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            digest.update(f"{name}\0".encode())
            with storage.open(name) as file:
                digest.update(hashlib.sha256(file.read()).digest())
    return digest.hexdigest()


def demo_is_due() -> bool:
    wanted = demo_wanted()
    own_database = "DATABASE_URL" not in os.environ
    return own_database if wanted is None else wanted


def say_where_to_go() -> None:
    say(f"\nQuantix: {settings.BASE_URL}/")
    demo = get_user_model().objects.filter(email=DEMO_USER).first()
    if demo:
        password = os.environ["DEMO_PASSWORD"]
        changed = "(the one you have set since)"
        say(
            f"User: {DEMO_USER}\nPassword: {password if demo.check_password(password) else changed}"
        )
    say("Stop it with Ctrl-C.\n")


def serve(port: int, *, dev: bool) -> int:
    """Run the web server and the worker of the outbox, and return the exit code."""
    address = f"127.0.0.1:{port}"
    gunicorn = ["-m", "gunicorn", "--config", "quantix/gunicorn.py", "--bind", address]
    web = ["manage.py", "runserver", address] if dev else [*gunicorn, "quantix.wsgi"]
    return run_together({"web server": web, "worker": ["manage.py", "work"]})


def run_together(programs: dict[str, list[str]]) -> int:
    """Run Python programs until a signal comes or one of them ends, then stop all of them.

    Returns the exit code: 0 if a signal stopped them.
    """
    running: dict[str, subprocess.Popen[bytes]] = {}
    was_stopped = False

    def stop(*_: object) -> None:
        nonlocal was_stopped
        was_stopped = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as it is under nohup
        signal.signal(signal.SIGHUP, stop)
    for name, program in programs.items():
        running[name] = subprocess.Popen([sys.executable, *program])  # noqa: S603  our own
    while not was_stopped and all(process.poll() is None for process in running.values()):
        time.sleep(0.1)
    for name, process in running.items():
        if not was_stopped and process.returncode is not None:
            say(f"The {name} has ended (code {process.returncode}), and so does Quantix.")
        process.terminate()
    for process in running.values():
        process.wait()
    return 0 if was_stopped else 1


if __name__ == "__main__":
    main(sys.argv[1:])
