from typing import Any

from django import forms
from django.contrib.auth import forms as auth_forms
from django.contrib.auth.password_validation import (
    password_validators_help_text_html,
    validate_password,
)
from django.utils.translation import gettext_lazy as _

from calendars.accounts.owners import MAX_PASSWORD_LENGTH
from calendars.accounts.passwords import change_password, guess_password
from calendars.errors import TooOften
from calendars.kit.fields import CheckedForm, TakesTyped, ZoneField
from calendars.kit.languages import customs_of, language_choices
from calendars.kit.zones import find_zone
from calendars.models import TIME_ZONE_NOT_CHOSEN, Owner
from calendars.tabs.shown import remember_shown

TOO_OFTEN = "too_often"


def status_of(form: forms.BaseForm) -> int:
    """Return the status of the page that shows the form."""
    if any(form.has_error(field, TOO_OFTEN) for field in form.errors):
        return 429
    return 422 if form.errors else 200


def is_current_password(owner: Owner, password: str, address: str) -> bool:
    """Return whether it is the owner's password. Raises ValidationError after too many guesses."""
    try:
        return guess_password(owner=owner, password=password, address=address)
    except TooOften as error:
        raise forms.ValidationError(str(error), code=TOO_OFTEN) from None


class SignInForm(auth_forms.AuthenticationForm):
    error_messages = {
        "invalid_login": _("This email and password do not go together. Check both."),
        "inactive": _("This account is inactive."),
    }


class ResetForm(forms.Form):
    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )


class OwnerForm(CheckedForm):
    """Checks fields of an owner. The acts in `owners` save them."""

    class Meta:
        model = Owner
        fields = ["display_name", "email"]
        labels = {"display_name": _("Display name"), "email": _("Email")}
        widgets = {
            "display_name": forms.TextInput(attrs={"autocomplete": "name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
        }


class SignUpForm(OwnerForm):
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=MAX_PASSWORD_LENGTH,
        help_text=password_validators_help_text_html(),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    # A script fills in the browser's zone.
    time_zone = forms.CharField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["display_name"].widget.attrs["autofocus"] = True

    def clean_time_zone(self) -> str:
        """Return the browser's zone, or none of their choice if this machine does not know it."""
        name: str = self.cleaned_data["time_zone"]
        return name if find_zone(name) else TIME_ZONE_NOT_CHOSEN

    def _post_clean(self) -> None:
        """Check the password after the model's fields, which it is compared with."""
        super()._post_clean()  # type: ignore[misc]
        if password := self.cleaned_data.get("password"):
            try:
                validate_password(password, self.instance)
            except forms.ValidationError as error:
                self.add_error("password", error)


class ProfileForm(OwnerForm):
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        help_text=_("Of these pages, and of the emails to you."),
    )
    time_zone = ZoneField(required=False)
    current_password = forms.CharField(
        label=_("Current password"),
        required=False,
        strip=False,
        help_text=_("Only needed to change the email."),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    field_order = [
        *("display_name", "email", "current_password", "language", "time_zone"),
        "forget_after_days",
    ]

    class Meta(OwnerForm.Meta):
        fields = [*OwnerForm.Meta.fields, "forget_after_days"]

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = address
        own = customs_of(self.instance.language)
        self.fields["language"].choices = language_choices(own)  # type: ignore[attr-defined]
        self.initial["language"] = own.tag
        self.initial["time_zone"] = self.instance.time_zone
        remember_shown(self)

    @property
    def changes(self) -> Any:
        """The cleaned values of the fields that were edited, without the password."""
        return {
            name: self.cleaned_data[name] for name in self.changed_data if name in self.cleaned_data
        }

    def clean_language(self) -> str:
        """Keep the owner's language if the form was sent without one."""
        chosen: str = self.cleaned_data["language"]
        return chosen or self.instance.language

    def clean_forget_after_days(self) -> int | None:
        """Keep the owner's choice if the form was sent without one, as by a tab of before."""
        chosen: int | None = self.cleaned_data["forget_after_days"]
        kept: int | None = self.initial["forget_after_days"]
        return chosen if "forget_after_days" in self.data else kept

    def clean_time_zone(self) -> str:
        """Keep the owner's zone if the form was sent without one."""
        chosen: str = self.cleaned_data["time_zone"]
        return chosen or self.instance.time_zone

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        password = cleaned.pop("current_password", "")
        if "email" in self.changed_data:
            try:
                self._check_current(password)
            except forms.ValidationError as error:
                self.add_error("current_password", error)
        return cleaned

    def _check_current(self, password: str) -> None:
        if not password or not is_current_password(self.instance, password, self.address):
            raise forms.ValidationError(_("To change the email, type your current password."))


class NewPassword:
    """A mixin for Django's forms of a new password.

    It offers to replace the address of the owner's feed: whoever knew the old password may have
    it.
    """

    user: Owner
    cleaned_data: dict[str, Any]

    def __init__(self, user: Owner | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)  # type: ignore[call-arg]
        # Django makes the form also for a link that leads to no owner, and does not show it.
        if user and user.feed_token:
            self.fields["new_feed_address"] = forms.BooleanField(  # type: ignore[attr-defined]
                label=_("Replace the private address of my calendar subscription"),
                required=False,
                help_text=_("Whoever has it sees your bookings, whatever your password is."),
            )

    def save(self, commit: bool = True) -> Owner:
        return change_password(
            owner=self.user,
            password=self.cleaned_data["new_password1"],
            new_feed_address=self.cleaned_data.get("new_feed_address", False),
        )


class ResetPasswordForm(NewPassword, auth_forms.SetPasswordForm):  # type: ignore[type-arg]
    """The form to which the link of an email leads."""


class PasswordChangeForm(TakesTyped, NewPassword, auth_forms.PasswordChangeForm):
    """The form in the profile, with a throttle of the guesses at the old password."""

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = address

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        if not is_current_password(self.user, password, self.address):
            raise forms.ValidationError(
                self.error_messages["password_incorrect"], code="password_incorrect"
            )
        return password
