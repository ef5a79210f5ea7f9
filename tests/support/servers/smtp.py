"""A real SMTP server on loopback that refuses, hangs or breaks off as a test wishes."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.servers.machine import free_port

OK = "250 OK"
# This logger reports every command and reply, too much to read below a failed test.
logging.getLogger("mail.log").setLevel(logging.ERROR)


class Postbox:
    """What the server received, and how it answers.

    `at_recipient` and `at_message` may be set at any time. An answer of HANG is never given, and
    BREAK_OFF closes the connection: the message is received, but its sender is not told. The server
    answers about recipients only while `is_open` returns true.
    """

    HANG = "hang"
    BREAK_OFF = "break off"

    def __init__(self, port: int) -> None:
        self.port = port
        self.received: list[EmailMessage] = []
        self.connections = 0
        self.at_recipient: Callable[[str], str | None] = lambda address: None
        self.at_message: Callable[[EmailMessage], str | None] = lambda message: None
        self.is_open: Callable[[], bool] = lambda: True

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def copies(self) -> Counter[str]:
        """How often each email of the outbox was received, by its uid."""
        ids = (str(message["Message-ID"]) for message in self.received)
        return Counter(each.strip("<>").split("@")[0] for each in ids)

    # Methods that aiosmtpd calls.

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, lines: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return lines

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        while not self.is_open():
            await asyncio.sleep(0.01)
        answer = await self._give(server, self.at_recipient(address))
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        wanted = self.at_message(message)
        if wanted in {None, OK, self.HANG, self.BREAK_OFF}:
            self.received.append(message)
        return await self._give(server, wanted)

    async def _give(self, server: SMTP, wanted: str | None) -> str:
        if wanted == self.HANG:
            await asyncio.Event().wait()
        if wanted == self.BREAK_OFF:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            await asyncio.sleep(0)
        return wanted or OK


def use_server(settings: Any, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


@contextmanager
def smtp_server(port: int | None = None, **options: Any) -> Iterator[Postbox]:
    """Run an SMTP server; `options` are those of aiosmtpd's SMTP class."""
    postbox = Postbox(port or free_port())
    controller = Controller(
        postbox, hostname="127.0.0.1", port=postbox.port, ready_timeout=30, **options
    )
    controller.start()
    try:
        yield postbox
    finally:
        controller.stop()
