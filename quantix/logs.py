import logging
import re

# A token opens a booking or books in a client's name: it is a password, and logs are copied around.
TOKEN_IN_PATH = re.compile(r"(/(?:l|manage|embed/bookings)/)[^/\s?\"']+")


def mask_tokens(text: str) -> str:
    return TOKEN_IN_PATH.sub(r"\1…", text)


class MaskTokens(logging.Filter):
    """Takes the secret part of one-time and manage links out of a record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = mask_tokens(record.getMessage()), None
        return True
