"""Hands emails to the mail server, and says in words what went wrong."""

import re
import signal
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.utils.translation import gettext as _

MAX_ON_ONE_CONNECTION = 50  # some servers refuse more, and the refusal would cost a try
MAX_ERROR_LENGTH = 500
FAREWELL = 5  # seconds for a word before or after an email
TIMED_OUT = "timed out"
AUTHENTICATION_REQUIRED = 530
ENHANCED = re.compile(r"5\.\d{1,3}\.\d{1,3}\b")  # RFC 3463's codes, which say why


class OutOfTime(TimeoutError):
    """Told by its text: smtplib closes its connection on an OSError, and raises one of its own."""

    def __init__(self) -> None:
        super().__init__(TIMED_OUT)


class Postman:
    """Keeps a connection to the mail server from one email to the next. Main thread only."""

    def __init__(self) -> None:
        self._connection: Any = None
        self._sent = 0

    def get_ready(self) -> None:
        """Before a lease is taken: the server may have closed the connection meanwhile."""
        if self._sent >= MAX_ON_ONE_CONNECTION or not self._is_alive():
            self.hang_up()

    def send(self, message: EmailMessage, *, seconds: float) -> None:
        """Raises whatever goes wrong, also when it takes longer than `seconds` in all."""
        try:
            with deadline(seconds):
                self._connect(patience=seconds)
                self._connection.send_messages([message])
        except BaseException:
            # Without a word: nobody knows in what state it is.
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
            # EMAIL_TIMEOUT was for connecting. Who gives up early on the answer to the message
            # itself sends it twice (RFC 5321, 4.5.3.2.6, which asks for more than we have).
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


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Ends the block after `seconds` with OutOfTime, whatever it waits for.

    A timeout of the socket bounds each wait, and a server that sends a byte now and then has as
    many of them as it likes. Deadlines do not nest.
    """

    def ring(number: int, frame: FrameType | None) -> None:
        raise OutOfTime

    if seconds <= 0:
        raise OutOfTime
    before = signal.signal(signal.SIGALRM, ring)
    # Every second anew: what connects to several addresses takes it for the failure of one.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def reply_of(error: Exception) -> tuple[int, str] | None:
    """The server's reply code and its text, if it replied."""
    match error:
        case smtplib.SMTPRecipientsRefused(recipients=recipients):
            code, text = next(iter(recipients.values()))
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=text):
            pass
        case _:
            return None
    return code, text.decode(errors="replace") if isinstance(text, bytes) else str(text)


def is_final(error: Exception) -> bool:
    """Whether another try is no use: the server will have neither this recipient nor this message.

    What an administrator can mend is not final: a password, the sender, or a policy (x.7.x of
    RFC 3463), such as relaying denied.
    """
    refusal = _refusal_in(error)
    if refusal is None or not ENHANCED.match(refusal):
        return False
    return not refusal.startswith("5.7.")


def is_doubtful(error: Exception) -> bool:
    """Whether it may be final, and only its words say why: "550 relay not permitted" is not."""
    refusal = _refusal_in(error)
    return refusal is not None and not ENHANCED.match(refusal)


def _refusal_in(error: Exception) -> str | None:
    """What the server says to a recipient or a message that it refuses, and not for now only."""
    if not isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError):
        return None
    code, text = reply_of(error) or (0, "")
    return text if code >= 500 and code != AUTHENTICATION_REQUIRED else None


def is_the_servers(error: Exception) -> bool:
    """Whether the next email would fare no better at the moment."""
    if isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError):
        return False
    return isinstance(error, OSError)


def in_words(error: Exception) -> str:
    """For the owner. Nothing of the email itself: it holds a token."""
    code, text = reply_of(error) or (0, "")
    match error:
        case smtplib.SMTPRecipientsRefused():
            words = _("The mail server refuses the recipient: %(code)s %(text)s")
        case smtplib.SMTPAuthenticationError():
            words = _("The mail server does not accept the sign-in: %(code)s %(text)s")
        case smtplib.SMTPSenderRefused():
            words = _("The mail server refuses the sender: %(code)s %(text)s")
        case smtplib.SMTPResponseException():
            words = _("The mail server refuses the email: %(code)s %(text)s")
        case smtplib.SMTPServerDisconnected() if TIMED_OUT not in str(error):
            words = _("The mail server broke the connection off.")
        case TimeoutError() | smtplib.SMTPServerDisconnected():
            words = _("The mail server does not answer in time.")
        case smtplib.SMTPException():
            words = _("The mail server lacks what is needed: %(text)s")
            text = str(error)
        case OSError():
            words = _("The mail server cannot be reached: %(text)s")
            text = error.strerror or type(error).__name__
        case _:
            words = _("The email could not be written: %(text)s")
            text = type(error).__name__
    return printable(words % {"code": code, "text": text})[:MAX_ERROR_LENGTH]


def printable(text: str) -> str:
    """On one line, and without the zero bytes that PostgreSQL does not take."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
