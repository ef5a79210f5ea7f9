import os
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from fcntl import LOCK_EX, flock
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from calendars.kit.catalogues import compile_catalogues
from calendars.models import Owner
from calendars.throttling.throttle import REMEMBERED
from tests.run import NOTES, ROOT, SHARED
from tests.support.pages import browser as browsing
from tests.support.servers.installation import Server, copy_checkout, gunicorn, make_installation
from tests.support.servers.machine import find_chromium
from tests.support.world.factories import OwnerFactory

RESULTS = ROOT / "test-results"
FAILED = pytest.StashKey[bool]()

# On two busy cores, a deadline of 200 ms would be missed by chance.
hypothesis.settings.register_profile("quantix", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("quantix")


# pytest itself


def pytest_configure(config: pytest.Config) -> None:
    """Compile the translations once, before the processes of pytest-xdist start."""
    if not hasattr(config, "workerinput"):
        compile_catalogues(ROOT / "locale")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "pages" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if notes := os.environ.get(NOTES):
        terminalreporter.section("ATTENTION", red=True, bold=True)
        terminalreporter.write_line(notes, red=True, bold=True)


# The database


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keep SQLite in a file, as in production: threads and processes of a test share it."""
    database = django_settings.DATABASES["default"]
    if database["ENGINE"] == "quantix.sqlite":
        folder = tmp_path_factory.mktemp("database")
        database.setdefault("TEST", {})["NAME"] = str(folder / "quantix.sqlite3")


@pytest.fixture(autouse=True)
def forget_remembered_refusals() -> None:
    """Forget refusals: a process remembers them for some seconds, and so into the next test."""
    REMEMBERED.clear()


# The cast


@pytest.fixture
def olive(db: None) -> Owner:
    """The owner of what the test is about."""
    return OwnerFactory.create(email="olive@example.com", display_name="Olive Owner")


@pytest.fixture
def sam(db: None) -> Owner:
    """A stranger, who owns other calendars."""
    return OwnerFactory.create(email="sam@example.com", display_name="Sam Stranger")


# Processes


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program's files in a folder without `.env`, data and collected files.

    Its translations are compiled, as the start or the image does.
    """
    folder = copy_checkout(tmp_path_factory.mktemp("checkout"))
    compile_catalogues(folder / "locale")
    return folder


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with its static files collected, ready to serve as in production.

    `make test` makes it once for all processes, because compressing the files takes seconds. Tests
    must only read it.
    """
    folder = Path(os.environ.get(SHARED) or tmp_path_factory.mktemp("shared"))
    with (folder / "lock").open("w") as lock:
        flock(lock, LOCK_EX)  # another process may be making it
        installation = folder / "installation"
        if not installation.exists():
            make_installation(folder / "unfinished").rename(installation)
    return installation


@pytest.fixture
def start_server(
    installation: Path, tmp_path: Path, transactional_db: None
) -> Iterator[Callable[..., Server]]:
    """Start gunicorn on the test's database: `start_server(workers=4, NAME="value")`.

    Positional arguments are gunicorn's options. The server is stopped after the test.
    """
    with ExitStack() as stack:
        numbers = count()

        def start(*options: str, **keywords: Any) -> Server:
            log = tmp_path / f"server{next(numbers)}.log"
            return stack.enter_context(gunicorn(installation, log, *options, **keywords))

        yield start


@pytest.fixture
def server_process(start_server: Callable[..., Server]) -> Server:
    """gunicorn with two worker processes on the test's database."""
    return start_server()


# The browser


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = find_chromium()
    if not path:
        pytest.skip("There is no Chromium: apt-get install chromium, or playwright install.")
    with browsing.launch(path) as browser:
        yield browser


@pytest.fixture
def allowed_errors() -> list[str]:
    """Substrings of console errors that this test means to cause, such as "status of 410"."""
    return []


@pytest.fixture
def pages(
    request: pytest.FixtureRequest,
    chromium: Browser,
    live_server: LiveServer,
    transactional_db: None,
    settings: Any,
    allowed_errors: list[str],
) -> Iterator[browsing.Pages]:
    settings.BASE_URL = live_server.url
    pages = browsing.Pages(chromium, live_server.url)
    yield pages
    problems = [
        problem
        for problem in pages.problems
        if not any(allowed in problem for allowed in allowed_errors)
    ]
    if problems or request.node.stash.get(FAILED, False):
        pages.keep(RESULTS, re.sub(r"[^\w.-]+", "-", request.node.nodeid.removeprefix("tests/")))
    pages.close()
    if problems:
        pytest.fail("In the browser:\n" + "\n".join(problems), pytrace=False)


@pytest.fixture
def new_page(pages: browsing.Pages) -> Callable[..., Page]:
    """Open a page, 1280 by 800 unless said otherwise, in a context of its own.

    It takes Playwright's options of a context: `new_page(**PHONE, color_scheme="dark",
    timezone_id="Asia/Tokyo", locale="de", java_script_enabled=False)`.
    """
    return pages.open


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page on a phone, 390 by 844."""
    return new_page(**browsing.PHONE)


@pytest.fixture
def desktop_page(new_page: Callable[..., Page]) -> Page:
    return new_page()
