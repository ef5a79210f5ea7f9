"""Helpers that compose emails and read them as mail programs do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as modern
from html.parser import HTMLParser
from typing import Any

from booking.delivery.mail.compose import compose
from booking.models import Act, Booking, Change, Mail, Party
from calendars.models import Occasion
from onetime_links.models import OneTimeLink
from tests.booking.conftest import SUNDAY
from tests.support.world.factories import BookingFactory, ChangeFactory, MailFactory

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
EVERY_MAIL = [(occasion, party) for occasion in Occasion for party in Party]
# These names must not break out of a header or of a page.
HOSTILE_NAMES = [
    "<script>alert(1)</script> & Söhne",
    'Cleo "C, D" <eve@localhost>, Bob; x@y',
    "Cleo (a comment) [\\] \\",
    "عيادة الدكتورة ليلى " * 5,
    "👩‍👩‍👧 Ōtāne 予約" * 7,
]
# None of these texts may end its line, its property or its entry, or get lost.
HOSTILE_TEXTS = [
    "Commas, semicolons; colons: and \\ backslashes \\n",
    "Two lines\nEND:VEVENT\nBEGIN:VEVENT\nUID:another",
    "عيادة الدكتورة ليلى، الطابق الثالث؛ " * 5,
    "👩‍👩‍👧 予約 Ōtāne " * 12,
    "x" * 300,
]


def book_overseas(link: OneTimeLink) -> Booking:
    """Return a booking that Cleo made in New York."""
    return BookingFactory.create(
        calendar=link.calendar,
        one_time_link=link,
        starts_at=TUESDAY,
        client_time_zone="America/New_York",
        answers=[{"question": "Topic?", "answer": "Our prices"}, {"question": "Fax", "answer": ""}],
    )


def mail_of(booking: Booking, occasion: Occasion, recipient: Party, **fields: Any) -> Mail:
    return MailFactory.create(
        booking=booking, occasion=occasion, recipient=recipient, due_at=SUNDAY, **fields
    )


def change_of(booking: Booking, occasion: Occasion, **fields: Any) -> Change:
    """Make the change of the booking that an email for `occasion` tells about."""
    booking.sequence += 1
    if occasion == Occasion.RESCHEDULED:
        fields |= {"moved_from": TUESDAY - timedelta(days=1), "moved_to": booking.starts_at}
    return ChangeFactory.create(
        booking=booking, act=Act(occasion), sequence=booking.sequence, **fields
    )


def sent(mail: Mail) -> EmailMessage:
    """Return the message that a mail program reads from the bytes on the wire."""
    message = BytesParser(policy=modern).parsebytes(compose(mail).message().as_bytes())
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, kind: str) -> str:
    (found,) = (each for each in message.walk() if each.get_content_type() == kind)
    text: str = found.get_content()
    return text


def everything_in(message: EmailMessage) -> Iterator[str]:
    """Yield the headers, and the content of every part as the recipient gets it."""
    yield from (f"{name}: {value}" for name, value in message.items())
    for each in message.walk():
        if not each.is_multipart():
            content = each.get_content()
            yield content.decode() if isinstance(content, bytes) else content


def text_of(booking: Booking, occasion: Occasion, recipient: Party) -> str:
    return part(sent(mail_of(booking, occasion, recipient)), "text/plain")


class Reader(HTMLParser):
    """A parser that collects the readable words of HTML and the targets of its links."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.hidden = tag in {"style", "title"}
        href = dict(attrs).get("href") or ""
        if href and not href.startswith("mailto:"):
            self.words.append(href)

    def handle_endtag(self, tag: str) -> None:
        self.hidden = False

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words += data.split()


def read_html(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader
