"""Tells which addresses are secret, because they hold a token.

Anybody who knows such an address can open a booking, or book in a client's name, so it is a
password. The addresses of a password reset and of a confirmation are
secret too.
"""

import re

from django.http import HttpRequest

# The part of a path before its token.
BEFORE = r"/(?:l|manage|feed|confirm-email|book/[^/\s]+/embed/bookings|password-reset/[^/\s]+)/"
SECRET_PATH = re.compile(f"{BEFORE}[^/]")


def is_secret(request: HttpRequest) -> bool:
    return SECRET_PATH.match(request.path_info) is not None
