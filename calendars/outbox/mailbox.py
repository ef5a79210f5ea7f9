"""Writes emails to a folder and reads them, where no mail server is set.

In EMAIL_FILE_PATH each database has a folder, named by its identity (`DatabaseIdentity`). In that,
each owner has a folder with the emails to them and those that concern them. Emails that concern no
owner, such as those of `sendtestemail`, go to the folder "others". So whoever starts with a new
database on an old DATA_DIR never sees the emails of its former owner with the same number.

Before there were identities, the owners' folders were in EMAIL_FILE_PATH itself. A database that
had owners when it got its identity moves the emails in them into its own folder, when it next looks
for an email or keeps one: they are gone for any database that comes later. It takes only emails
that were written since it was made, because older ones are of another database. A database that
is made with its identity takes none.
"""

import os
import re
import tempfile
import uuid
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_binary_file, policy
from email.message import EmailMessage as ParsedMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from calendars.kit.folders import make_private_folder
from calendars.models import (
    Owner,
    identity_of_database,
    normalise_email,
    settled_identity_of_database,
)

BACKEND = "calendars.outbox.mailbox.FolderBackend"
MAX_KEPT = 500  # per folder; older emails are deleted
NAME = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{32}")
# The folders of before: the owners' numbers, which are never as long as an identity.
OTHERS = "others"
FORMER = re.compile(rf"\d{{1,19}}|{OTHERS}")
MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([\x21-\x3f\x41-\x7e]+)@", re.IGNORECASE | re.MULTILINE)
MOST_HEADERS = 16384  # bytes; the headers of our own emails are far shorter
STAMP = "%Y%m%dT%H%M%S%fZ"


def is_in_use() -> bool:
    return bool(settings.EMAIL_BACKEND == BACKEND)


def folder_of(owner_id: int | None) -> Path:
    """Return the folder of an owner's emails, or of the others; it may not be there yet."""
    identity, root = identity_of_database(), Path(settings.EMAIL_FILE_PATH)
    own = root / identity.key.hex
    if identity.former_emails_since:
        _take_over(root, own, since=identity.former_emails_since)
    return own / (OTHERS if owner_id is None else str(owner_id))


def _take_over(root: Path, own: Path, *, since: datetime) -> None:
    """Move the emails that have no identity and were written since then to the database's own.

    Another process may do the same meanwhile, and so have moved any of them already.
    """
    former = [name for name in _listing(root) if FORMER.fullmatch(name)]
    for folder in former:
        for name in names_in(root / folder):
            if written_at(name) >= since:
                make_private_folder(own / folder)
                with suppress(FileNotFoundError):
                    (root / folder / f"{name}.eml").rename(own / folder / f"{name}.eml")
        with suppress(OSError):  # it holds emails of another database, or is gone
            (root / folder).rmdir()


class OwnedEmail(EmailMultiAlternatives):
    """An email that concerns an owner, and is kept in their folder whoever it is addressed to."""

    def __init__(self, *args: Any, owner_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner_id = owner_id


class FolderBackend(BaseEmailBackend):
    """Writes every email to a file of its own."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            write(message)
        return len(email_messages)


def write(message: EmailMessage) -> None:
    """Write an email to its folder, under a name that sorts by time, and delete the oldest ones.

    The file is renamed when it is complete, so that readers of the folder never see a part of it.
    """
    parsed = message.message()
    settled_identity_of_database()
    folder = folder_of(_owner_id(message))
    make_private_folder(folder)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write(parsed.as_bytes())
    name = f"{timezone.now().astimezone(UTC):{STAMP}}-{uuid.uuid4().hex}"
    Path(file.name).rename(folder / f"{name}.eml")
    for old in names_in(folder)[MAX_KEPT:]:
        (folder / f"{old}.eml").unlink(missing_ok=True)


def _owner_id(message: EmailMessage) -> int | None:
    """Return the owner whom the email concerns, or else the owner it is addressed to, or None."""
    if isinstance(message, OwnedEmail):
        return message.owner_id
    addresses = [normalise_email(parseaddr(recipient)[1]) for recipient in message.to]
    owners = Owner.objects.filter(email__in=addresses).values_list("pk", flat=True)
    return owners.first()


def names_in(folder: Path) -> list[str]:
    """Return the names of the folder's emails, the newest first."""
    stems = (name.removesuffix(".eml") for name in _listing(folder))
    return sorted((stem for stem in stems if NAME.fullmatch(stem)), reverse=True)


def _listing(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


def written_at(name: str) -> datetime:
    """Return when the email of that name was written."""
    return datetime.strptime(name.split("-")[0], STAMP).replace(tzinfo=UTC)


def find_kept(folder: Path, ids: Collection[str]) -> list[str]:
    """Return the names of the folder's emails whose Message-ID begins with one of `ids`."""
    return [name for name in names_in(folder) if _message_id(folder / f"{name}.eml") in ids]


def delete_kept(emails: Iterable[tuple[Path, str]]) -> None:
    """Delete emails, each given by its folder and its name."""
    for folder, name in emails:
        (folder / f"{name}.eml").unlink(missing_ok=True)


def _message_id(path: Path) -> str:
    """Return the part of the Message-ID before its "@"; empty if there is none, or no file."""
    try:
        with path.open("rb") as file:
            found = MESSAGE_ID.search(file.read(MOST_HEADERS))
    except FileNotFoundError:
        return ""
    return found[1].decode() if found else ""


@dataclass(frozen=True)
class Attachment:
    name: str
    content: bytes


@dataclass(frozen=True)
class KeptEmail:
    """An email in a folder, as it would have arrived."""

    name: str
    message: ParsedMessage

    @property
    def written_at(self) -> datetime:
        return written_at(self.name)

    @property
    def headers(self) -> list[tuple[str, str]]:
        shown = ("From", "To", "Reply-To", "Message-ID")
        return [(name, str(self.message[name])) for name in shown if self.message[name]]

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    @property
    def recipient(self) -> str:
        return str(self.message["To"] or "")

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    @property
    def attachments(self) -> list[Attachment]:
        parts = self.message.iter_attachments()
        return [
            Attachment(part.get_filename() or "attachment", _bytes(part))
            for part in parts
            if part.get_content_disposition() == "attachment"
        ]

    def _body(self, kind: str) -> str:
        part: Any = self.message.get_body((kind,))
        return str(part.get_content()) if part else ""


def _bytes(part: Any) -> bytes:
    content = part.get_content()
    return content.encode() if isinstance(content, str) else bytes(content)


def read(folder: Path, name: str) -> KeptEmail | None:
    """Return the folder's email of that name, or None."""
    if not NAME.fullmatch(name):
        return None
    try:
        with (folder / f"{name}.eml").open("rb") as file:
            message = message_from_binary_file(file, policy=policy.default)
    except FileNotFoundError:
        return None
    assert isinstance(message, ParsedMessage)
    return KeptEmail(name, message)
