import secrets
import string

# Without "-" and "_": chat programs break lines at them, and leave them out of the link.
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
TOKEN_LENGTH = 22  # 62 ** 22 > 2 ** 130
MAX_TOKEN_LENGTH = 43


def make_token() -> str:
    """Return a secret for an address: 130 bits from the operating system, in base62."""
    return "".join(secrets.choice(ALPHABET) for _ in range(TOKEN_LENGTH))
