"""The addresses that hold a token. A token opens a booking or books in a client's name, and so does
whoever knows the address: it is a password. The address of a password reset is one as well."""

import re

from django.http import HttpRequest

# What comes before the token.
BEFORE = r"/(?:l|manage|feed|book/[^/\s]+/embed/bookings|password-reset/[^/\s]+)/"
SECRET_PATH = re.compile(f"{BEFORE}[^/]")


def is_secret(request: HttpRequest) -> bool:
    return SECRET_PATH.match(request.path_info) is not None
