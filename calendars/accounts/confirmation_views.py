"""The pages by which owners confirm their email address."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from calendars.access import signed_in_owner
from calendars.accounts.confirmation import (
    NothingToConfirm,
    ask_again,
    is_confirmation_token,
    is_confirmed_by,
    keep_email,
)
from calendars.accounts.confirmation import confirm_email as confirm
from calendars.errors import EmailTaken, TooOften
from calendars.models import Owner
from calendars.throttling.throttle import count


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """Ask the owner whether the address is theirs. A POST confirms it."""
    owner = signed_in_owner(request)
    if request.method != "POST":
        if is_confirmed_by(owner, token):
            return redirect("calendars:profile")
        return _ask(request, works=is_confirmation_token(owner, token))
    try:
        confirm(owner=owner, token=token)
    except NothingToConfirm:
        return _ask(request, works=False)
    except EmailTaken as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Your email is confirmed."))
    return redirect("calendars:profile")


def _ask(request: HttpRequest, *, works: bool) -> HttpResponse:
    context = {"works": works, "email": signed_in_owner(request).unconfirmed_email}
    status = 200 if works else 410
    return render(request, "calendars/accounts/confirm_email.html", context, status=status)


@login_required
@require_POST
def confirmation(request: HttpRequest) -> HttpResponse:
    """Send the link again, or keep the email that was to be changed."""
    owner = signed_in_owner(request)
    if "keep" in request.POST:
        keep_email(owner=owner)
        return redirect("calendars:profile")
    try:
        count_confirmation(owner)
        ask_again(owner=owner, now=timezone.now())
    except TooOften as error:
        messages.error(request, str(error))
    except NothingToConfirm:
        messages.info(request, _("Your email is confirmed."))
    else:
        messages.success(
            request, _("The link is on its way to %(email)s.") % {"email": owner.unconfirmed_email}
        )
    return redirect("calendars:profile")


def count_confirmation(owner: Owner) -> None:
    """Count a link that the owner has sent. Raises TooOften."""
    count(confirmations_per_owner=str(owner.pk))


def trouble_with_confirmation(owner: Owner) -> str:
    """Return why the link could not be sent, for an owner who waits for one; else an empty text."""
    if not owner.unconfirmed_email:
        return ""
    last = owner.confirmations.order_by("-pk").first()
    return last.error if last else ""
