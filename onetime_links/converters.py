from django.urls import register_converter

from calendars.kit.tokens import MAX_TOKEN_LENGTH, TOKEN_LENGTH


class TokenConverter:
    """Tokens in addresses. Anything else is no address at all: odd bytes never reach a query."""

    regex = f"[0-9A-Za-z]{{{TOKEN_LENGTH},{MAX_TOKEN_LENGTH}}}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(TokenConverter, "token")
