"""Forms of owners that come without a session: nothing is changed, and nothing typed is lost."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.csrf import csrf_failure

from calendars.accounts.forms import SignInForm
from calendars.accounts.views import SignIn
from calendars.kit.fields import style_inputs
from calendars.kit.origins import is_same_origin
from calendars.typed import Carried, carry, come_back, read_carried

GetResponse = Callable[[HttpRequest], HttpResponse]


def ask_to_sign_in(get_response: GetResponse) -> GetResponse:
    """A middleware that answers a form with the sign-in page if its view leads there.

    A redirect would lose what was typed, and would come back by GET to an address that may take
    forms only.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method == "POST" and _is_sent_to_sign_in(request, response):
            return _sign_in_page(request, carry(request))
        return response

    return middleware


def _is_sent_to_sign_in(request: HttpRequest, response: HttpResponse) -> bool:
    """Return whether a view of owners, or of the admin, has refused somebody not signed in.

    Such a redirect says in its query where to come back to; others to the page have no query.
    """
    address = urlsplit(response.headers.get("Location", ""))
    pages = {reverse("calendars:sign_in"), reverse("admin:login")}
    leads_there = address.path in pages and bool(address.query)
    return leads_there and not request.user.is_authenticated


def _sign_in_page(request: HttpRequest, carried: Carried | None) -> HttpResponse:
    view = SignIn()
    view.setup(request)
    form = SignInForm(request)
    style_inputs(form)
    context = view.get_context_data(form=form, carried=carried)
    response = render(request, view.template_name, context, status=403)
    add_never_cache_headers(response)
    return response


def refuse_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form without a good CSRF token, as it has after signing in anew in another tab.

    The mark is as secret as the token, so one of the owner's shows that a page of theirs sent the
    form. Nothing is changed all the same: they see again what they typed.
    """
    carried = (carry(request) or read_carried(request)) if is_same_origin(request) else None
    if carried and not request.user.is_authenticated:
        return _sign_in_page(request, carried)
    if carried is None or carried.owner_id != request.user.pk:
        return csrf_failure(request, reason)
    page = come_back(request, carried)
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": page})
    return redirect(page)
