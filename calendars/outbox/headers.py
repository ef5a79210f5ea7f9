"""The headers that all emails of the outbox have."""

from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings


def headers_of(uid: UUID) -> dict[str, str]:
    return {
        "Message-ID": message_id(uid),
        # Both headers keep out-of-office replies away: the first by RFC 3834, the second from
        # Microsoft's servers.
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }


def message_id(uid: UUID) -> str:
    return f"<{uid}@{_host()}>"


def _host() -> str:
    """Return the installation's host in the form that a Message-ID allows."""
    name = urlsplit(settings.BASE_URL).hostname or "localhost"
    return f"[IPv6:{name}]" if ":" in name else name.encode("idna").decode()
