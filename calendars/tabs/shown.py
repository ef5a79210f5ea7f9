"""Forms that know what their page showed, so that an old tab does not undo what a newer one saved.

Each field is sent with a hidden input that repeats what the page showed. What a person changed is
saved, everything else stays as it is stored by now. If the same was changed elsewhere meanwhile, to
something else, the form is refused once, and says at the field what is stored now.

For that to hold, whoever compares and saves has locked the owner first: `in_turn` in
`calendars/access.py` does it for the owners' pages, and `Sturdy` in `calendars/admin.py` for the
admin's. Rows of a form are compared by `calendars/tabs/rows.py`.
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

YOURS_NEXT = gettext_lazy("Save again to use yours instead.")


def changed_text(now: str) -> str:
    """Return the message at something that is `now` stored otherwise than the page showed it."""
    if now:
        text = _("Changed elsewhere meanwhile: it is now “%(now)s”.") % {"now": now}
    else:
        text = _("Changed elsewhere meanwhile: it is now empty.")
    return f"{text} {YOURS_NEXT}"


def removed_text() -> str:
    """Return the message at something that was changed here and removed elsewhere."""
    text = _("Removed elsewhere meanwhile.")
    return f"{text} {YOURS_NEXT}"


def is_told(form: forms.BaseForm) -> bool:
    """Return whether the form was sent with what its page showed.

    One input is enough: a field for several choices, of which none was chosen, sends nothing.
    """
    return any(field.html_initial_name in form.data for field in form)


def remember_shown(form: forms.BaseForm) -> None:
    """Render each field with a hidden input that repeats its initial value.

    A form that was sent without these inputs is compared with the stored values. What nobody can
    change, and a password, is never repeated.
    """
    remembers = is_told(form) or not form.is_bound
    for field in form.fields.values():
        is_secret = isinstance(field.widget, forms.PasswordInput)
        field.show_hidden_initial = remembers and not field.disabled and not is_secret


class ShownField(forms.BoundField):
    @property
    def shown_input(self) -> str:
        """The hidden initial value, for templates that render a field in parts.

        Django adds it only to a field that is rendered as a whole.
        """
        return self.as_hidden(only_initial=True) if self.field.show_hidden_initial else ""

    @property
    def shown(self) -> Any:
        """What the page showed, as it was sent."""
        widget: Any = self.field.hidden_widget()
        return widget.value_from_datadict(self.form.data, {}, self.html_initial_name)

    def as_hidden(self, attrs: Any = None, **kwargs: Any) -> Any:
        if not kwargs.get("only_initial"):
            return super().as_hidden(attrs, **kwargs)
        # Django would repeat what was typed if nothing had been chosen before.
        is_old = is_told(self.form) and self.name not in getattr(self.form, "clashes", ())
        value = self.shown if is_old else self.field.prepare_value(self.initial)
        attrs = {"id": self.html_initial_id} if self.auto_id else {}
        widget: Any = self.field.hidden_widget()
        renderer = self.form.renderer
        return widget.render(self.html_initial_name, value, attrs=attrs, renderer=renderer)

    @property
    def is_edited(self) -> bool:
        return self.name in self.form.changed_data

    @property
    def is_changed_elsewhere(self) -> bool:
        """Whether what is stored is not what the page showed."""
        return self.field.has_changed(_plain(self.initial), _plain(self.shown))

    @property
    def differs_from_stored(self) -> bool:
        return self.field.has_changed(_plain(self.initial), _plain(self.data))

    @property
    def stored(self) -> Any:
        """The stored value, of the kind that cleaning returns."""
        if isinstance(self.field, forms.ModelChoiceField):
            return self.field.clean(self.field.prepare_value(self.initial))
        return self.initial

    @property
    def stored_values(self) -> list[str]:
        """What the input, or each of its choices, would send if it showed what is stored."""
        # The admin wraps the widgets of fields that refer to other rows.
        widget: Any = getattr(self.field.widget, "widget", self.field.widget)
        value = widget.format_value(self.field.prepare_value(self.initial))
        values = value if isinstance(value, list | tuple) else [value]
        return ["" if each is None else str(each) for each in values]

    @property
    def stored_text(self) -> str:
        """The stored value in words."""
        labels = _labels(getattr(self.field, "choices", ()))
        return ", ".join(labels.get(each, each) for each in self.stored_values)


class ShownForm:
    """A mixin for forms that call `remember_shown`, to be named before the form's other bases.

    Fields of one group in `together` are one value, such as a number and its unit.
    """

    bound_field_class: Any = ShownField
    together: tuple[tuple[str, ...], ...] = ()
    # Fields that the form itself compares.
    apart: frozenset[str] = frozenset()
    # The fields that a clash was told at. From then on the page shows what is stored now.
    clashes: frozenset[str] = frozenset()

    def clean(self: Any) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data  # type: ignore[misc]
        groups = [group for group in self._groups() if self._was_compared(group)]
        for group in groups:
            fields = [self[name] for name in group]
            if not any(field.is_edited for field in fields):
                cleaned |= {field.name: field.stored for field in fields if field.name in cleaned}
            elif is_clash(fields):
                self.clashes |= set(group)
                self.add_error(group[0], changed_text(self.stored_text(group)))
        return cleaned

    def stored_text(self: Any, group: tuple[str, ...]) -> str:
        """Return in words what is stored of a group of fields."""
        return " ".join(filter(None, (self[name].stored_text for name in group)))

    def _groups(self: Any) -> Iterable[tuple[str, ...]]:
        grouped = {name for group in self.together for name in group}
        yield from self.together
        yield from ((name,) for name in self.fields if name not in grouped | self.apart)

    def _was_compared(self: Any, group: tuple[str, ...]) -> bool:
        """Return whether the page told what it showed of these fields.

        A form without it, of a script, is compared with what is stored, so nothing can clash.
        """
        return all(name in self.fields for name in group) and all(
            self.fields[name].show_hidden_initial for name in group
        )


def is_clash(fields: Iterable[ShownField]) -> bool:
    """Return whether another value was stored since the page than the one that was typed."""
    together = list(fields)
    return any(field.is_changed_elsewhere for field in together) and any(
        field.differs_from_stored for field in together
    )


def _plain(value: Any) -> Any:
    """Return the value with the ends of its lines as most texts have them: browsers send others."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def _labels(choices: Iterable[Any]) -> dict[str, str]:
    """Return the label of each choice, also of those in groups."""
    labels: dict[str, str] = {}
    for value, label in choices:
        if isinstance(label, list | tuple):
            labels |= _labels(label)
        else:
            labels[str(value)] = force_str(label)
    return labels
