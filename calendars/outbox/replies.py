"""What a mail server's reply to an email means for the next try, and how to say it to the owner."""

import re
import smtplib

from django.utils.translation import gettext as _

from calendars.outbox.deadlines import TIMED_OUT
from calendars.outbox.kinds import Trouble

MAX_ERROR_LENGTH = 500
AUTHENTICATION_REQUIRED = 530
ENHANCED = re.compile(r"5\.\d{1,3}\.\d{1,3}\b")  # RFC 3463's codes, which say why


def trouble_of(error: Exception) -> Trouble:
    """Return what the error says about the next tries.

    A refusal of a recipient or a message is final if its enhanced code (RFC 3463) says why. It is
    not final if an administrator can repair the cause: a password, the sender, or a policy (codes
    x.7.x), such as relaying denied. Without an enhanced code only the text says why, as in "550
    relay not permitted", and the refusal is doubtful.
    """
    if not isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError):
        return Trouble.SERVER if isinstance(error, OSError) else Trouble.PASSING
    code, text = reply_of(error) or (0, "")
    if code < 500 or code == AUTHENTICATION_REQUIRED:
        return Trouble.PASSING
    if not ENHANCED.match(text):
        return Trouble.DOUBTFUL
    return Trouble.PASSING if text.startswith("5.7.") else Trouble.FINAL


def reply_of(error: Exception) -> tuple[int, str] | None:
    """Return the server's reply code and text, or None if it did not reply."""
    match error:
        case smtplib.SMTPRecipientsRefused(recipients=recipients):
            code, text = next(iter(recipients.values()))
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=text):
            pass
        case _:
            return None
    return code, text.decode(errors="replace") if isinstance(text, bytes) else str(text)


def in_words(error: Exception) -> str:
    """Return the error in words for the owner, without the email itself, which holds a token."""
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
    """Return the text on one line, without the NUL characters that PostgreSQL refuses."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
