"""What people get who do something too often: 429, and when to try again."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from calendars.errors import TooOften
from calendars.models import normalise_email
from calendars.throttling.client_address import client_address
from calendars.throttling.throttle import count, forget, tidy


def too_often(request: HttpRequest, **parties: str) -> HttpResponse | None:
    """Counts `parties`; an answer only where a limit allows no more."""
    try:
        count(**parties)
    except TooOften as refusal:
        return refuse(request, refusal)
    tidy()
    return None


def refuse(request: HttpRequest, refusal: TooOften) -> HttpResponse:
    response = render(request, "429.html", {"refusal": refusal}, status=429)
    response["Retry-After"] = str(refusal.seconds)
    return response


class ThrottledAccount:
    """Of Django's views with an account's email: limits how often they are sent.

    By account and address together, lest a stranger lock an owner out, and by address alone. The
    account is what was typed, whether there is one or not.
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
        email = normalise_email(request.POST.get(self.email_field, ""))
        return {self.limit: f"{email} {client_address(request)}"}
