"""Without a mail server, emails are kept in a folder and shown to the owners they concern."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage as ParsedMessage
from pathlib import Path
from stat import S_IMODE
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.mail import EmailMessage, EmailMultiAlternatives, send_mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from booking.delivery.mail.kind import BookingMails
from booking.models import Mail
from calendars.models import Calendar, DatabaseIdentity, Owner, identity_of_database
from calendars.outbox import mailbox
from calendars.outbox.mailbox import BACKEND, KeptEmail, folder_of, names_in, read
from calendars.outbox.postman import Postman
from tests.booking.conftest import SUNDAY
from tests.settings import ENVIRONMENT
from tests.support.booking.delivering import deliver_all
from tests.support.pages.browser import sign_in
from tests.support.pages.parsing import text_of
from tests.support.servers.installation import run_python
from tests.support.world.factories import BookingFactory, MailFactory

pytestmark = pytest.mark.django_db

NOTICE = "No mail server is set up"
KEY = "0" * 32


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = BACKEND
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


@pytest.fixture
def mail(call: Calendar) -> Mail:
    """An email that tells Cleo that she is booked, and that is due."""
    return MailFactory.create(booking=BookingFactory.create(calendar=call))


def kept(folder: Path) -> list[KeptEmail]:
    return [email for name in names_in(folder) if (email := read(folder, name))]


@pytest.fixture
def emails(folder: Path, mail: Mail, olive: Owner) -> list[KeptEmail]:
    """Olive's mailbox after the worker has sent the email to Cleo."""
    deliver_all(BookingMails(Postman()))
    return kept(folder_of(olive.pk))


def test_email_becomes_a_file_of_the_bookings_owner(
    emails: list[KeptEmail], mail: Mail, folder: Path, olive: Owner
) -> None:
    [email] = emails
    assert isinstance(email.message, ParsedMessage)
    assert email.recipient == "Cleo Client <cleo@example.com>"
    assert str(mail.uid) in email.message["Message-ID"]
    assert [each.name for each in email.attachments] == ["invite.ics"]
    assert email.attachments[0].content.startswith(b"BEGIN:VCALENDAR")
    assert (timezone.now() - email.written_at).total_seconds() < 60
    key = identity_of_database().key.hex
    assert folder_of(olive.pk) == folder / key / str(olive.pk)
    folders = (folder, folder / key, folder / key / str(olive.pk))
    assert [S_IMODE(each.stat().st_mode) for each in folders] == [0o700] * 3


def test_email_to_an_owner_is_that_owners(folder: Path, olive: Owner, sam: Owner) -> None:
    send_mail("Hello", "Text", None, ["Olive <OLIVE@example.com>"])
    send_mail("Hello", "Text", None, ["nobody@example.com"])
    assert len(names_in(folder_of(olive.pk))) == 1
    assert names_in(folder_of(sam.pk)) == []
    assert len(names_in(folder_of(None))) == 1


def test_oldest_emails_of_an_owner_go(
    folder: Path, olive: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "MAX_KEPT", 3)
    for number in range(5):
        send_mail(f"Number {number}", "", None, ["olive@example.com"])
    subjects = [email.subject for email in kept(folder_of(olive.pk))]
    assert subjects == ["Number 4", "Number 3", "Number 2"]
    assert len(list(folder_of(olive.pk).iterdir())) == 3


# Another database, and emails of before databases had an identity


def put(folder: Path, subject: str, written: datetime) -> None:
    """Write an email as the versions before did, into a folder in EMAIL_FILE_PATH itself."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{written.astimezone(UTC):%Y%m%dT%H%M%S%fZ}-{uuid4().hex}.eml"
    (folder / name).write_text(f"Subject: {subject}\nTo: olive@example.com\n\nText")


def subjects(owner: Owner) -> list[str]:
    return [email.subject for email in kept(folder_of(owner.pk))]


def test_owner_of_another_database_with_the_same_number_sees_nothing(
    as_olive: Client, emails: list[KeptEmail], olive: Owner
) -> None:
    DatabaseIdentity.objects.all().delete()
    assert names_in(folder_of(olive.pk)) == []
    assert emails[0].subject not in text_of(as_olive.get("/mail/"))
    assert as_olive.get(f"/mail/{emails[0].name}/").status_code == 404
    send_mail("Hello", "Text", None, [olive.email])
    assert subjects(olive) == ["Hello"]


WRITE_TO_THE_FIRST_OWNER = """
import django; django.setup()
from django.core.mail import send_mail
from calendars.models import Owner
from calendars.outbox.mailbox import folder_of, names_in
from quantix.prepare import migrate
migrate()
owner = Owner.objects.create_user("olive@example.com", "secret")
before = len(names_in(folder_of(owner.pk)))
send_mail("Hello", "Text", None, [owner.email])
print(owner.pk, before, len(names_in(folder_of(owner.pk))))
"""


@pytest.mark.once
def test_new_databases_on_an_old_folder_begin_without_emails(
    checkout: Path, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        variables = {
            **ENVIRONMENT,
            "DJANGO_SETTINGS_MODULE": "quantix.settings",
            "DATA_DIR": str(tmp_path),
            "DATABASE_URL": f"sqlite:///{tmp_path / name}.sqlite3",
        }
        done = run_python(checkout, "-c", WRITE_TO_THE_FIRST_OWNER, **variables)
        assert done.stdout == "1 0 1\n", done.stderr


def test_looking_makes_no_identity(as_olive: Client, folder: Path) -> None:
    DatabaseIdentity.objects.all().delete()
    assert as_olive.get("/mail/").status_code == 200
    assert not DatabaseIdentity.objects.exists()
    assert not folder.exists()


def test_database_has_one_identity(olive: Owner) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        DatabaseIdentity.objects.create(pk=2)


def test_emails_of_before_are_those_of_the_database_that_was_there(
    as_olive: Client, folder: Path, olive: Owner
) -> None:
    """They are moved, so no database that comes later can take them for its own."""
    put(folder / str(olive.pk), "Of a database before", SUNDAY - timedelta(seconds=1))
    put(folder / str(olive.pk), "Of this one", SUNDAY)
    put(folder / "others", "To nobody here", SUNDAY)
    DatabaseIdentity.objects.update_or_create(defaults={"former_emails_since": SUNDAY})
    assert "Of this one" in text_of(as_olive.get("/mail/"))
    assert subjects(olive) == ["Of this one"]
    assert [email.subject for email in kept(folder_of(None))] == ["To nobody here"]
    assert S_IMODE(folder_of(olive.pk).stat().st_mode) == 0o700
    assert [email.subject for email in kept(folder / str(olive.pk))] == ["Of a database before"]
    assert not (folder / "others").exists()
    DatabaseIdentity.objects.all().delete()
    DatabaseIdentity.objects.create(former_emails_since=SUNDAY)
    assert subjects(olive) == []


def test_new_database_takes_no_emails_of_before(folder: Path, olive: Owner) -> None:
    put(folder / str(olive.pk), "Of another owner", SUNDAY)
    assert subjects(olive) == []
    send_mail("Hello", "Text", None, [olive.email])
    assert subjects(olive) == ["Hello"]


# The pages


def test_owner_reads_what_would_have_been_sent(as_olive: Client, emails: list[KeptEmail]) -> None:
    [email] = emails
    listing = text_of(as_olive.get("/mail/"))
    assert email.subject in listing
    assert "To Cleo Client <cleo@example.com>" in listing
    page = text_of(as_olive.get(f"/mail/{email.name}/"))
    assert email.subject in page
    assert "Message-ID" in page
    entry = as_olive.get(f"/mail/{email.name}/attachments/0/")
    assert entry.headers["Content-Type"] == "text/calendar"
    assert entry.headers["Content-Disposition"] == 'attachment; filename="invite.ics"'
    assert as_olive.get(f"/mail/{email.name}/attachments/1/").status_code == 404


def test_list_says_when_in_the_owners_own_time(
    as_olive: Client, folder: Path, call: Calendar
) -> None:
    Owner.objects.update(time_zone="Asia/Tokyo")
    with time_machine.travel(SUNDAY):
        send_mail("Hello", "Text", None, ["olive@example.com"])
    listing = text_of(as_olive.get("/mail/"))
    assert "Sun, 22 Nov 2026, 21:00" in listing
    assert "Times in Asia/Tokyo" in listing


@pytest.mark.parametrize("way", ["", "html/", "attachments/0/"])
def test_stranger_reads_none_of_it(
    client: Client, emails: list[KeptEmail], sam: Owner, way: str
) -> None:
    address = f"/mail/{emails[0].name}/{way}"
    assert client.get(address).headers["Location"].startswith("/sign-in/")
    client.force_login(sam)
    assert client.get(address).status_code == 404
    assert emails[0].subject not in text_of(client.get("/mail/"))


def test_html_of_an_email_can_do_nothing(as_olive: Client, folder: Path, olive: Owner) -> None:
    message = EmailMultiAlternatives("Hi", "Text", None, [olive.email])
    message.attach_alternative("<script>alert(1)</script><p>Hello</p>", "text/html")
    message.send()
    [name] = names_in(folder_of(olive.pk))
    response = as_olive.get(f"/mail/{name}/html/")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "allow-scripts" not in policy
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "<script>" not in text_of(as_olive.get(f"/mail/{name}/"))


@pytest.mark.parametrize("name", [f"20261122T100000000000Z-{KEY}", "others", "20261122"])
def test_unknown_email_is_not_found(as_olive: Client, folder: Path, name: str) -> None:
    assert as_olive.get(f"/mail/{name}/").status_code == 404


def test_long_list_is_read_page_by_page(as_olive: Client, folder: Path, olive: Owner) -> None:
    for number in range(30):
        EmailMessage(f"Number {number}", "", None, [olive.email]).send()
    first, second = (text_of(as_olive.get(f"/mail/?page={page}")) for page in (1, 2))
    assert (first.count("Number "), second.count("Number ")) == (25, 5)
    assert "Number 29" in first


def test_owners_pages_say_where_emails_go(as_olive: Client, folder: Path) -> None:
    page = text_of(as_olive.get("/calendars/"))
    assert NOTICE in page
    assert "Look at them" in page
    listing = text_of(as_olive.get("/mail/"))
    assert NOTICE in listing
    assert "Look at them" not in listing


def test_with_a_mail_server_there_is_no_mailbox(
    as_olive: Client, emails: list[KeptEmail], settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert NOTICE not in text_of(as_olive.get("/calendars/"))
    assert as_olive.get("/mail/").status_code == 404
    assert as_olive.get(f"/mail/{emails[0].name}/").status_code == 404


def test_email_is_read_in_the_browser(
    page: Any, olive: Owner, folder: Path, mail: Mail, pages: Any
) -> None:
    deliver_all(BookingMails(Postman()))
    sign_in(page, olive)
    page.goto("/calendars/")
    page.get_by_role("link", name="Look at them").click()
    page.locator(".row__link").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("Discovery call").first).to_be_visible()
    with page.expect_popup() as popup:
        # A key is used, because a click might come before the browser has laid out the frame.
        frame.get_by_role("link").first.press("Enter")
    expect(popup.value.get_by_text("Discovery call").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
