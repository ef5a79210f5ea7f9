"""Reads an installation's settings from the environment and from a file `.env`.

The functions raise ImproperlyConfigured for a bad value. Its message names the setting and says
what it must look like, and never repeats a value that may hold a secret.
"""

import os
import re
from email.utils import quote as quote_name
from io import StringIO
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import EmailValidator
from limits import RateLimitItem, parse_many

from calendars.kit.folders import make_private_folder
from calendars.kit.origins import DEFAULT_PORTS

ON, OFF = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")
MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465, "smtp+ssl": 465}
LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*\Z")
QUOTED = re.compile(r"""("(?:[^"\\]|\\.)*"|'[^']*')(?:\s+#.*)?\Z""")
SENDER = re.compile(r'(?:"?(?P<name>[^"<>]*?)"?\s*<(?P<boxed>[^<>]*)>|(?P<bare>[^<>]*))\Z')
COMMENT = re.compile(r"(?:^|\s)#")
# A host name, also with a leading dot, by which Django means all of its subdomains.
HOST_NAME = re.compile(r"\.?[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?\Z")
# An address of a server, read as generously as is clear: a user may be an email address, and a
# password may hold "@", "/" or "#", which need not be encoded. The pattern tries without a user
# first, because a query may hold an "@" too.
SERVER_URL = re.compile(
    r"(?P<scheme>[a-z0-9+]+)://"
    r"(?:(?P<user>[^:/]*?)(?::(?P<password>.*?))?@)??"
    r"(?P<hosts>(?:\[[^\]/@]*\]|[^:/?#@\[])*(?::[0-9]+)?(?:,[^:/?#@]+(?::[0-9]+)?)*)"
    r"(?:/(?P<path>[^?#@]*))?(?:\?(?P<query>[^#]*))?\Z"
)
HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(?::([0-9]{1,6}))?\Z")
# Letters that Python's codec (IDNA of 2003) encodes differently from today's browsers.
DEVIATIONS = frozenset("ßς\u200c\u200d")


def read_file(path: Path) -> None:
    """Read `.env` into the environment; variables that are set already keep their values.

    Spaces around `=`, and a comment after a space, are not part of a value.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f".env cannot be read: {type(error).__name__}.") from None
    said = [_line(line, number) for number, line in enumerate(lines, start=1)]
    environ.Env.read_env(StringIO("\n".join(filter(None, said))))


def _line(line: str, number: int) -> str:
    """Return a line of `.env` as NAME=value, or "" for a comment."""
    if not line.strip() or line.lstrip().startswith("#"):
        return ""
    found = LINE.match(line)
    if found is None:
        # The message does not repeat the line: it may be a part of a secret with a line break.
        raise ImproperlyConfigured(f".env: line {number} is not of the form NAME=value.")
    name, value = found.groups()
    if value[:1] not in {'"', "'"}:
        plain = COMMENT.split(value)[0].rstrip()
        return f"{name}={plain}"
    quoted = QUOTED.match(value)
    if quoted is None:
        raise ImproperlyConfigured(f".env: the quotes of {name} in line {number} do not match.")
    return f"{name}={quoted[1]}"


def text(name: str, default: str | None = None) -> str:
    """Return the value of `name` without spaces around it, or the default if it is empty."""
    value = os.environ.get(name, "").strip()
    if not value.isprintable():
        # This also finds the surrogates of a value that is not UTF-8.
        raise ImproperlyConfigured(f"{name} holds a character that cannot be printed.")
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set, and it has no default.")
    return default


def secret(name: str, *, least: int) -> str:
    value = text(name)
    if len(value) < least:
        raise ImproperlyConfigured(f"{name} must have at least {least} characters.")
    return value


def switch(name: str, default: str = "0") -> bool:
    value = text(name, default).lower()
    if value not in {*ON, *OFF}:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")
    return value in ON


def whole_number(name: str, default: int, *, at_least: int = 1, at_most: int) -> int:
    value = text(name, str(default))
    # Six digits are more than any setting needs, and int() itself refuses thousands.
    if not (value.isascii() and value.isdigit() and len(value) <= 6):
        value = "-1"
    if not at_least <= int(value) <= at_most:
        raise ImproperlyConfigured(f"{name} must be a number from {at_least} to {at_most}.")
    return int(value)


def one_of(name: str, default: str, *choices: str) -> str:
    value = text(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be {' or '.join(choices)}, not {value!r}.")
    return value


def limit(name: str, default: str) -> list[RateLimitItem]:
    """Return limits that all apply; an empty list means no limit.

    Unlike for other settings, an empty value does not stand for the default.
    """
    value = text(name, default) if os.environ.get(name, default).strip() else ""
    try:
        limits = parse_many(value) if value else []
        if all(each.amount > 0 and 0 < each.get_expiry() < 2**31 for each in limits):
            return limits
    except (ValueError, OverflowError):
        pass
    raise ImproperlyConfigured(
        f"{name} must look like “10 per 15 minutes; 50 per day”, not {value!r}."
    )


def folder(name: str, default: Path, *, base: Path) -> Path:
    """Return a folder, which is made for its user alone if it does not exist.

    A relative path is relative to `base`, not to the working directory.
    """
    try:
        path = base / Path(text(name, str(default))).expanduser()
        make_private_folder(path)
    except (OSError, RuntimeError, ValueError) as error:
        raise ImproperlyConfigured(f"{name} cannot be made: {error}.") from None
    return path


class ServerUrl(NamedTuple):
    """The decoded parts of an address such as scheme://user:password@host:port/path?query.

    PostgreSQL's clients allow several hosts; then `host` and `port` hold all of them, with commas
    between them. `port` is empty if the address has none.
    """

    scheme: str
    user: str
    password: str
    host: str
    port: str
    path: str
    query: str


def split_url(value: str) -> ServerUrl:
    """Return the parts of an address. Raises ValueError."""
    found = SERVER_URL.match(value)
    if found is None:
        raise ValueError
    places = [HOST.match(each) for each in found["hosts"].split(",")]
    hosts = [unquote(place[1], errors="strict") for place in places if place]
    ports = [place[2] or "" for place in places if place]
    if len(hosts) < len(places) or not all(0 < int(port) < 2**16 for port in ports if port):
        raise ValueError
    decoded = (unquote(found[name] or "", errors="strict") for name in ("user", "password", "path"))
    user, password, path = decoded
    if not "".join((user, password, *hosts, path)).isprintable():
        raise ValueError
    return ServerUrl(
        scheme=found["scheme"],
        user=user,
        password=password,
        host=",".join(hosts),
        port=",".join(ports) if any(ports) else "",
        path=path,
        query=found["query"] or "",
    )


def host_name(value: str) -> str:
    """Return a host as browsers send it: lower case, ASCII, IPv6 in brackets. Raises ValueError."""
    value = value.lower()
    if value.startswith("[") or value.count(":") > 1:
        return f"[{IPv6Address(value.strip('[]')).compressed}]"
    if not value.isascii():
        if not DEVIATIONS.isdisjoint(value):
            raise ValueError
        value = value.encode("idna").decode()
    if not HOST_NAME.match(value):
        raise ValueError
    return value


def host_names(name: str) -> list[str]:
    """Return the hosts of a list with commas between them."""
    try:
        values = [each.strip() for each in text(name, "").split(",")]
        return [each if each == "*" else host_name(each) for each in values if each]
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must be host names with commas between them, without scheme and port."
        ) from None


def web_origin(name: str, default: str) -> str:
    """Return scheme://host[:port] as browsers write it, without a default port."""
    value = text(name, default)
    try:
        parts = split_url(re.sub(r"\A\w+", lambda found: found[0].lower(), value))
        host = host_name(parts.host)
        rest = parts.user or parts.password or parts.path.strip("/") or parts.query or "@" in value
        if parts.scheme not in DEFAULT_PORTS or host.startswith(".") or rest:
            raise ValueError
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must look like https://book.example.com, without a path;"
            " letters that are not ASCII may have to be written as browsers do: xn--…"
        ) from None
    port = "" if parts.port in {"", str(DEFAULT_PORTS[parts.scheme])} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def database(name: str, default: str, *, base: Path) -> dict[str, Any]:
    """Return Django's settings for PostgreSQL or SQLite; a file's path is relative to `base`."""
    try:
        # An empty variable does not mean SQLite: somebody forgot to fill it, and is told so.
        parts = split_url(text(name) if name in os.environ else default)
        if parts.scheme == "sqlite":
            return _sqlite(parts, base)
        if parts.scheme not in {"postgres", "postgresql"} or not parts.path:
            raise ValueError
    except (ValueError, OSError):
        raise ImproperlyConfigured(
            f"{name} must look like postgres://user:password@host:5432/name"
            " or sqlite:////folder/file.sqlite3."
        ) from None
    # environ reads only the query. It would misread other parts, such as the folder of a socket as
    # a host, and a password with a slash.
    query = f"?{parts.query}" if parts.query else ""
    given = environ.Env.db_url_config(f"postgres://host/{quote(parts.path, safe='')}{query}")
    return {
        **given,
        "NAME": parts.path,
        "USER": parts.user,
        "PASSWORD": parts.password,
        "HOST": parts.host.strip("[]"),
        "PORT": parts.port,
    }


def _sqlite(parts: ServerUrl, base: Path) -> dict[str, Any]:
    """Return Django's settings for SQLite. Raises ValueError without a path to a file.

    A database in memory is refused: each process would have one of its own.
    """
    path = base / parts.path
    if parts.user or parts.host or parts.port or not parts.path or path.is_dir():
        raise ValueError
    if parts.path == ":memory:":
        raise ValueError
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)}


def mail_server(name: str) -> dict[str, Any]:
    """Return Django's settings for the mail server, or {} if the setting is empty."""
    value = text(name, "")
    if not value:
        return {}
    try:
        parts = split_url(value)
        if parts.scheme not in MAIL_PORTS or parts.path.strip("/") or parts.query:
            raise ValueError
        host = host_name(parts.host).strip("[]")
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must look like smtp+tls://user:password@mail.example.com:587."
        ) from None
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": host,
        "EMAIL_PORT": int(parts.port or MAIL_PORTS[parts.scheme]),
        "EMAIL_HOST_USER": parts.user or None,
        "EMAIL_HOST_PASSWORD": parts.password or None,
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme in {"smtps", "smtp+ssl"},
    }


def sender(name: str, default: str) -> str:
    """Return `address` or `"Name" <address>`, with quotes and backslashes in the name escaped."""
    value = text(name, default)
    found = SENDER.match(value)
    address = (found["boxed"] or found["bare"] or "").strip() if found else ""
    try:
        EmailValidator(allowlist=["localhost"])(address)
        address.encode("ascii")
    except (ValidationError, UnicodeEncodeError):
        raise ImproperlyConfigured(
            f"{name} must look like Quantix <quantix@example.com>, not {value!r}."
        ) from None
    written = (found["name"] or "").strip() if found else ""
    # `formataddr` would also encode the name, which Django does later.
    return f'"{quote_name(written)}" <{address}>' if written else address
