from django.urls import register_converter

from calendars.kit.tokens import MAX_TOKEN_LENGTH, TOKEN_LENGTH


class TokenConverter:
    """Converts tokens in addresses. An address with other characters is 404 without a query."""

    regex = f"[0-9A-Za-z]{{{TOKEN_LENGTH},{MAX_TOKEN_LENGTH}}}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(TokenConverter, "token")
