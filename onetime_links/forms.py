from contextlib import suppress
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from calendars.kit.fields import TakesTyped, field_of
from calendars.kit.timetext import moment_text
from calendars.kit.walltime import YEARS, last_instant
from calendars.tabs.shown import ShownForm, remember_shown
from onetime_links.expiry import PRESETS, WALL_FORMAT, wall_text
from onetime_links.links import EXPIRY_FIXED, LinkChanges
from onetime_links.listing import LinkListState, Place
from onetime_links.models import OneTimeLink, Status
from onetime_links.queries import LinkFilter

MAX_KEY = 2**63 - 1


class ExpiryField(forms.Field):
    """A field for an instant that is typed and shown as a wall time of `zone`."""

    widget = forms.DateTimeInput
    default_error_messages = {"invalid": _("Enter a date and a time, such as 2026-12-01 17:00.")}

    def __init__(self, *, zone: ZoneInfo, **options: Any) -> None:
        super().__init__(label=_("Expires At"), required=False, **options)
        self.zone = zone
        # Without a `max`, browsers accept years of six digits.
        self.widget.input_type = "datetime-local"
        self.widget.attrs |= {"max": "2199-12-31T23:59", "class": "input"}

    def prepare_value(self, value: Any) -> Any:
        return wall_text(value, self.zone) if isinstance(value, datetime) else value

    def to_python(self, value: Any) -> datetime | None:
        wall = self._wall(value)
        return last_instant(wall, self.zone) if wall else None

    def has_changed(self, initial: datetime | None, data: Any) -> bool:
        """Compare wall times to the minute.

        The input shows neither seconds nor which of two 02:30 is meant, so an instant that differs
        from what was sent only in these has not changed.
        """
        try:
            wall = self._wall(data)
        except ValidationError:
            return True
        return bool(self.prepare_value(initial) != (wall and wall.strftime(WALL_FORMAT)))

    def _wall(self, value: Any) -> datetime | None:
        text = str(value or "").strip()
        if not text:
            return None
        for pattern in (WALL_FORMAT, f"{WALL_FORMAT}:%S"):
            with suppress(ValueError):
                wall = datetime.strptime(text.replace(" ", "T", 1), pattern)  # noqa: DTZ007
                if wall.year in YEARS:
                    return wall
        # A date alone is refused: some owners would mean its beginning, and others its end.
        raise ValidationError(self.error_messages["invalid"], code="invalid")


class ChecksExpiry:
    """A mixin for a form with an ExpiryField `expires_at`, which must be later than `now`."""

    now: datetime

    def clean_expires_at(self: Any) -> datetime | None:
        if "expires_at" not in self.changed_data:
            unchanged: datetime | None = self.initial.get("expires_at")
            return unchanged
        expires_at: datetime | None = self.cleaned_data["expires_at"]
        if expires_at is not None and expires_at <= self.now:
            zone = self.fields["expires_at"].zone
            raise ValidationError(
                _("Choose a time in the future. In %(zone)s it is now %(now)s."),
                code="passed",
                params={"zone": zone.key, "now": moment_text(self.now, zone, self.now)},
            )
        return expires_at

    @property
    def changes(self: Any) -> LinkChanges:
        """The cleaned values of edited fields only: the others may have changed since the page."""
        return {name: self.cleaned_data[name] for name in self.changed_data}  # type: ignore[return-value]


class LinkForm(ShownForm, TakesTyped, ChecksExpiry, forms.Form):
    """The note and the expiry of a link. The acts in `links` save them."""

    makes_link = True
    submit_label = _("Generate Link")
    presets = PRESETS.values()
    address = ""  # of the link, if the form is of one that can be copied

    note = field_of(
        OneTimeLink,
        "note",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        zone: ZoneInfo,
        now: datetime,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.zone, self.now = zone, now
        self.fields["expires_at"] = ExpiryField(zone=zone)
        self.order_fields(["expires_at", "note"])
        # The note takes the focus, as the field that owners fill in most often. On a refused form
        # the summary of errors takes it.
        self.fields["note"].widget.attrs["autofocus"] = data is None

    @property
    def unsaved(self) -> bool:
        """Whether the form shows what was typed and is not saved."""
        return bool(self.data)

    def take_preset(self, typed: QueryDict) -> None:
        """Fill the unbound form with what was typed so far, and its expiry by the preset."""
        self.take_typed(typed)
        preset = PRESETS.get(typed.get("preset", ""))
        if preset and "expires_at" in self.fields:
            self.initial["expires_at"] = preset.expiry(now=self.now, zone=self.zone)
            self.fields["expires_at"].widget.attrs["autofocus"] = True
            self.fields["note"].widget.attrs["autofocus"] = False


class EditLinkForm(LinkForm):
    """The form of an existing link. The page has the field `expires_at` while it can change.

    A form that is sent has the field if it was sent with it, whatever the link's status is by now:
    the page may have been open while the link was used, revoked or restored. An owner who typed a
    new expiry is told that it was too late, and one whose page had no field does not clear it.
    """

    makes_link = False
    submit_label = _("Save")
    data: QueryDict

    def __init__(self, data: QueryDict | None = None, *, link: OneTimeLink, now: datetime) -> None:
        initial = {"note": link.note, "expires_at": link.expires_at}
        super().__init__(data, zone=link.calendar.zone, now=now, initial=initial)
        self.link, self.status = link, link.status(at=now)
        self.address = link.address if self.status == Status.ACTIVE else ""
        fixed = self.status in EXPIRY_FIXED if data is None else "expires_at" not in data
        if fixed:
            del self.fields["expires_at"]
        remember_shown(self)

    def stored_text(self, group: tuple[str, ...]) -> str:
        if group == ("expires_at",) and self.link.expires_at:
            return moment_text(self.link.expires_at, self.zone, self.now)
        return super().stored_text(group)

    def without_expiry(self, reason: str) -> Self:
        """Return the form with the note as typed and without expiry, refused for `reason`."""
        data = self.data.copy()
        data.pop("expires_at", None)
        form = type(self)(data, link=self.link, now=self.now)
        form.add_error(None, reason)
        return form


class LinkListForm(forms.Form):
    """Reads the state of a list of links from the query of its address. All parts are optional."""

    place = forms.ChoiceField(required=False, choices=Place)
    show = forms.ChoiceField(required=False, choices=LinkFilter)
    q = forms.CharField(required=False, max_length=200)
    older_than = forms.IntegerField(required=False, min_value=1, max_value=MAX_KEY)
    newer_than = forms.IntegerField(required=False, min_value=1, max_value=MAX_KEY)
    start = forms.IntegerField(required=False, min_value=1, max_value=MAX_KEY)
    made = forms.IntegerField(required=False, min_value=1, max_value=MAX_KEY)
    kept = forms.IntegerField(required=False, min_value=1, max_value=MAX_KEY)


def link_list_state(query: QueryDict, **changes: Any) -> LinkListState:
    """Return the state in a query, with `changes`. Values that are not valid are ignored."""
    form = LinkListForm(query)
    form.is_valid()
    said = {name: value for name, value in form.cleaned_data.items() if value}
    return LinkListState(**{**said, **changes})
