"""The answer to people who do something too often: 429, and when to try again."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from calendars.errors import TooOften
from calendars.throttling.client_address import account_at, client_address
from calendars.throttling.throttle import count, forget, tidy


def too_often(request: HttpRequest, **parties: str) -> HttpResponse | None:
    """Count `parties`, and return a 429 response if a limit allows no more, else None."""
    try:
        count(**parties)
    except TooOften as error:
        return refuse(request, error)
    tidy()
    return None


def refuse(request: HttpRequest, error: TooOften) -> HttpResponse:
    response = render(request, "429.html", {"error": error}, status=429)
    response["Retry-After"] = str(error.seconds)
    return response


class ThrottledAccount:
    """A mixin for Django's views that take an account's email: limits how often they are posted to.

    It counts by account and network address together, and by network address alone.
    """

    limit: str
    email_field: str

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        by_address = {f"{self.limit}_per_address": client_address(request)}
        if refused := too_often(request, **self._account(request), **by_address):
            return refused
        response: HttpResponse = super().post(request, *args, **kwargs)  # type: ignore[misc]
        return response

    def forget_account(self, request: HttpRequest) -> None:
        forget(**self._account(request))

    def _account(self, request: HttpRequest) -> dict[str, str]:
        email = request.POST.get(self.email_field, "")
        return {self.limit: account_at(email, client_address(request))}
