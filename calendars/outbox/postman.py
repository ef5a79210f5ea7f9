"""Hands emails to the mail server, many of them over one connection."""

import smtplib
import time
from abc import abstractmethod
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calendars.models.delivery import D
from calendars.outbox import replies
from calendars.outbox.deadlines import deadline
from calendars.outbox.kinds import Kind, Tries, Trouble, Undeliverable
from calendars.outbox.leases import database_deadline

MAX_ON_ONE_CONNECTION = 50  # some servers refuse more, and the refusal would cost a try
FAREWELL = 5  # seconds for a word before or after an email


class Postman:
    """Keeps a connection to the mail server from one email to the next. Main thread only."""

    def __init__(self) -> None:
        self._connection: Any = None
        self._sent = 0

    def get_ready(self) -> None:
        """Close a connection that is used up, or that the server has closed meanwhile."""
        if self._sent >= MAX_ON_ONE_CONNECTION or not self._is_alive():
            self.hang_up()

    def send(self, message: EmailMessage, *, seconds: float) -> None:
        """Send a message within `seconds` in all, or raise whatever goes wrong."""
        try:
            with deadline(seconds):
                self._connect(patience=seconds)
                self._connection.send_messages([message])
        except BaseException:
            # The socket is closed without QUIT: the state of the connection is unknown.
            if smtp := self._smtp():
                smtp.close()
            self.hang_up()
            raise
        self._sent += 1

    def hang_up(self) -> None:
        if self._connection is not None:
            with suppress(Exception), deadline(FAREWELL):
                self._connection.close()
            self._connection = None

    def _connect(self, *, patience: float) -> None:
        if self._connection is None:
            self._connection, self._sent = get_connection(), 0
            self._connection.open()
        if (smtp := self._smtp()) and smtp.sock:
            # EMAIL_TIMEOUT is for connecting. A client that gives up early on the reply to the
            # message sends it twice (RFC 5321, 4.5.3.2.6, which asks for a longer wait than ours).
            smtp.sock.settimeout(patience)

    def _is_alive(self) -> bool:
        smtp = self._smtp()
        try:
            with deadline(FAREWELL):
                return smtp is None or smtp.noop()[0] == 250
        except OSError:
            return False

    def _smtp(self) -> smtplib.SMTP | None:
        smtp = getattr(self._connection, "connection", None)
        return smtp if isinstance(smtp, smtplib.SMTP) else None


class EmailKind(Kind[D]):
    """A kind of delivery that is an email, which a subclass composes.

    If an email is sent twice, both have the same Message-ID, and mail programs show it once.
    """

    one = "An email"
    # With pauses of 1, 2, 4 … 60, 60 minutes, 30 tries take a day, and 7 doubtful ones an hour.
    tries = Tries(most=30, most_doubtful=7, first_pause=timedelta(minutes=1))
    too_late = gettext_lazy("It was too late to send it.")
    deadly = gettext_lazy("The worker ended each time it sent this email.")

    def __init__(self, postman: Postman) -> None:
        self.postman = postman

    @abstractmethod
    def compose(self, delivery: D) -> EmailMessage:
        """Return the email, with an empty `to` if no email can be sent to its address."""

    def hand_over(self, delivery: D, *, until: float) -> None:
        with database_deadline():
            message = self.compose(delivery)
        if not message.to:
            raise Undeliverable(_("No email can be sent to this address."))
        self.postman.send(message, seconds=until - time.monotonic())

    def trouble_of(self, error: Exception) -> Trouble:
        return replies.trouble_of(error)

    def in_words(self, error: Exception) -> str:
        return replies.in_words(error)

    def get_ready(self) -> None:
        self.postman.get_ready()

    def rest(self) -> None:
        self.postman.hang_up()
