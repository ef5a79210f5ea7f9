"""Signing in and up, and an owner's own account. Django's views change and reset passwords."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, views
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from django.views.generic import FormView

from calendars.access import in_turn, signed_in_owner
from calendars.accounts.confirmation_views import count_confirmation, trouble_with_confirmation
from calendars.accounts.forms import (
    TOO_OFTEN,
    PasswordChangeForm,
    ProfileForm,
    ResetForm,
    ResetPasswordForm,
    SignInForm,
    SignUpForm,
    status_of,
)
from calendars.accounts.owners import change_profile, sign_up_owner
from calendars.accounts.resets import ask_for_reset
from calendars.accounts.tokens import RESET_TOKENS
from calendars.errors import EmailTaken, TooOften
from calendars.kit.fields import style_inputs
from calendars.kit.languages import (
    current_customs,
    has_chosen_language,
    remember_language,
    speaking,
)
from calendars.models import LANGUAGE_NOT_CHOSEN, Owner
from calendars.throttling.client_address import client_address
from calendars.throttling.throttled import ThrottledAccount, too_often
from calendars.typed import come_back, form_of, read_carried, show_typed

BACKEND = "django.contrib.auth.backends.ModelBackend"


class StyledForm:
    """A mixin for Django's form views: our look, our status if refused, a message when done."""

    done: str | Promise = ""
    http_method_names: Sequence[str] = ("get", "head", "post")

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)  # type: ignore[misc]
        style_inputs(form)
        return form

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        response.status_code = status_of(form)
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        if self.done:
            messages.success(self.request, str(self.done))  # type: ignore[attr-defined]
        return response


class SignIn(ThrottledAccount, StyledForm, views.LoginView):
    authentication_form = SignInForm
    template_name = "calendars/accounts/sign_in.html"
    redirect_authenticated_user = True
    limit = "sign_ins"
    email_field = "username"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.headers.get("HX-Request"):
            # The session has ended, and htmx would put the sign-in page inside of another page.
            here = request.headers.get("HX-Current-URL", "")
            return HttpResponse(headers={"HX-Redirect": here or reverse("calendars:sign_in")})
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        self.forget_account(self.request)
        response = super().form_valid(form)
        carried = read_carried(self.request)
        if carried and carried.owner_id == form.get_user().pk:
            response = redirect(come_back(self.request, carried))
        language = form.get_user().language
        if language != LANGUAGE_NOT_CHOSEN and not has_chosen_language(self.request):
            remember_language(response, language)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # After a wrong password, the page carries the form on.
        kwargs.setdefault("carried", read_carried(self.request))
        return super().get_context_data(
            # The page is also the answer to forms that are sent to other addresses.
            action=reverse("calendars:sign_in"),
            sign_up_open=settings.SIGN_UP_OPEN,
            has_owners=Owner.objects.exists(),
            **kwargs,
        )


class NewPassword(StyledForm):
    """A mixin for the views of a new password, whose forms may replace the feed's address."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        if form.cleaned_data.get("new_feed_address"):
            text = _("Your calendar subscription has a new private address: subscribe to that one.")
            messages.success(self.request, text)  # type: ignore[attr-defined]
        return response


class PasswordChange(NewPassword, views.PasswordChangeView):
    form_class = PasswordChangeForm
    template_name = "calendars/accounts/password_change.html"
    success_url = reverse_lazy("calendars:profile")
    done = gettext_lazy("Your password is changed.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "address": client_address(self.request)}

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        if self.request.method != "POST":
            show_typed(self.request, form)
        return form


class PasswordReset(ThrottledAccount, StyledForm, FormView):  # type: ignore[type-arg]
    form_class = ResetForm
    limit = "resets"
    email_field = "email"
    template_name = "calendars/accounts/password_reset.html"
    success_url = reverse_lazy("calendars:password_reset_sent")

    def form_valid(self, form: Any) -> HttpResponse:
        ask_for_reset(email=form.cleaned_data["email"], now=timezone.now())
        return super().form_valid(form)


class PasswordResetConfirm(NewPassword, views.PasswordResetConfirmView):
    form_class = ResetPasswordForm
    token_generator = RESET_TOKENS
    template_name = "calendars/accounts/password_reset_confirm.html"
    success_url = reverse_lazy("calendars:sign_in")
    done = gettext_lazy("Your new password is set. Sign in with it.")


@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    if not settings.SIGN_UP_OPEN:
        raise Http404
    if request.method == "POST":
        refused = too_often(request, sign_ups_per_address=client_address(request))
        if refused:
            return refused
    form = SignUpForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            owner = sign_up_owner(
                language=current_customs().tag, now=timezone.now(), **form.cleaned_data
            )
        except EmailTaken as error:
            form.add_error("email", str(error))
        else:
            login(request, owner, backend=BACKEND)
            return redirect("calendars:settings")
    return render(
        request, "calendars/accounts/sign_up.html", {"form": form}, status=status_of(form)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@in_turn
def profile(request: HttpRequest) -> HttpResponse:
    owner = signed_in_owner(request)
    form = form_of(request, ProfileForm, instance=owner, address=client_address(request))
    if form.is_valid():
        try:
            if "email" in form.changed_data:
                count_confirmation(owner)
            change_profile(owner=owner, now=timezone.now(), **form.changes)
        except EmailTaken as error:
            form.add_error("email", str(error))
        except TooOften as error:
            form.add_error("email", ValidationError(str(error), code=TOO_OFTEN))
        else:
            return _saved(request, owner, form)
    context = {"form": form, "owner": owner, "trouble": trouble_with_confirmation(owner)}
    return render(request, "calendars/accounts/profile.html", context, status=status_of(form))


def _saved(request: HttpRequest, before: Owner, form: ProfileForm) -> HttpResponse:
    """Return the response to a profile that was saved; `before` is the owner as it was."""
    with speaking(form.cleaned_data["language"]):
        messages.success(request, _("Your profile is saved."))
        if (days := form.cleaned_data["forget_after_days"]) != before.forget_after_days:
            messages.success(request, _forgetting(days))
    response = redirect("calendars:profile")
    remember_language(response, form.cleaned_data["language"])
    return response


def _forgetting(days: int | None) -> str:
    """Return what the owner's choice does from now on."""
    if days is None:
        return _("Clients are not forgotten any more. Those already erased stay so.")
    return _("Clients are forgotten from now on, and those of old bookings within the hour.")
