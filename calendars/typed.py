"""What an owner typed into a form that they sent after their session had ended.

Such a form changes nothing. The answer is the sign-in page, which carries what was typed (see
`calendars/accounts/signed_out.py`). After signing in, it waits in the session until its page shows
it again, unsaved (`form_of`).

A session that has ended names nobody. So every form of an owner's page has a mark that says whose
page it was, and at which address. The template tag `csrf_token` adds it.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from typing import Concatenate, NamedTuple, ParamSpec, Protocol, TypeVar
from urllib.parse import urlsplit

from django.contrib import messages
from django.core import signing
from django.forms import BaseForm
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from calendars.models import Owner

# The names of the hidden inputs and of the entry in the session.
MARK = "came_from"
CARRIED = "carried"
WAITING = "typed"
# What is longer is not carried: the form of the sign-in page must not exceed the limit of bodies.
MAX_LENGTH = 64 * 1024
MARKS = signing.Signer(salt="calendars.typed.mark")
CARRIED_SALT = "calendars.typed.carried"

Options = ParamSpec("Options")


class Form(Protocol):
    def take_typed(self, typed: QueryDict, /) -> None: ...


AnyForm = TypeVar("AnyForm", bound=Form)


class Mark(NamedTuple):
    owner_id: int
    page: str


def mark_of(request: HttpRequest) -> str:
    """Return the mark for the forms of the page that answers `request`; "" if nobody is signed in.

    The answer to a form has the mark of that form, because its own address may take forms only.
    """
    if not isinstance(request.user, Owner):
        return ""
    if request.method != "POST":
        return MARKS.sign(f"{request.user.pk} {request.get_full_path()}")
    mark = _read_mark(request)
    return request.POST[MARK] if mark and mark.owner_id == request.user.pk else ""


def _read_mark(request: HttpRequest) -> Mark | None:
    try:
        owner_id, _space, page = MARKS.unsign(request.POST.get(MARK, "")).partition(" ")
    except signing.BadSignature:
        return None
    return Mark(int(owner_id), page)


@dataclass(frozen=True)
class Carried:
    """A form that came without a session: whose it is, its page, where it was sent, what was typed.

    Neither passwords nor the CSRF token are in it.
    """

    owner_id: int
    page: str
    sent_to: str
    fields: dict[str, list[str]]

    def signed(self) -> str:
        """Return it as a signed text, without what was typed if that is too long."""
        text = signing.dumps(astuple(self), salt=CARRIED_SALT, compress=True)
        return text if len(text) <= MAX_LENGTH else replace(self, sent_to="", fields={}).signed()

    @property
    def typed(self) -> QueryDict:
        typed = QueryDict(mutable=True)
        for name, values in self.fields.items():
            typed.setlist(name, values)
        return typed


def carry(request: HttpRequest) -> Carried | None:
    """Return the form that `request` sends, or None if its mark does not say whose it is."""
    mark = _read_mark(request)
    if mark is None:
        return None
    fields = {name: values for name, values in request.POST.lists() if _may_be_carried(name)}
    return Carried(mark.owner_id, mark.page, request.path, fields)


def _may_be_carried(name: str) -> bool:
    # By its name, because what comes here is not read by any form. A test compares the names of
    # all our password fields.
    return name not in {MARK, "csrfmiddlewaretoken"} and "password" not in name


def read_carried(request: HttpRequest) -> Carried | None:
    """Return the form that the sign-in page carried."""
    try:
        return Carried(*signing.loads(request.POST.get(CARRIED, ""), salt=CARRIED_SALT))
    except signing.BadSignature:
        return None


def come_back(request: HttpRequest, carried: Carried) -> str:
    """Return the address of the form's page, for which what was typed waits in the session."""
    messages.warning(request, _("You were signed out; nothing was changed."))
    request.session[WAITING] = astuple(carried)
    return carried.page


def waiting(request: HttpRequest) -> Carried | None:
    """Return the form that waits for the page that `request` asks for."""
    entry = request.session.get(WAITING)
    carried = Carried(*entry) if entry else None
    return carried if carried and urlsplit(carried.page).path == request.path else None


def form_of(
    request: HttpRequest,
    make: Callable[Concatenate[QueryDict | None, Options], AnyForm],
    *args: Options.args,
    **options: Options.kwargs,
) -> AnyForm:
    """Return the form of a page: with what was sent, or as it is shown at first.

    An owner who comes back to the page after they were signed out finds in it what they had typed.
    That form is not bound to it, so it cannot be valid: only they can send it again.
    """
    if request.method == "POST":
        return make(request.POST, *args, **options)
    form = make(None, *args, **options)
    show_typed(request, form)
    return form


def show_typed(request: HttpRequest, form: Form) -> None:
    """Show in the form of a page, as it is shown at first, what waits for it."""
    carried = waiting(request)
    # It waits for one page only, or it might come up weeks later.
    request.session.pop(WAITING, None)
    if carried and (carried.sent_to == request.path or _has_fields_of(carried, form)):
        form.take_typed(carried.typed)
        messages.info(request, _("What you typed is still here, but not saved yet."))


def _has_fields_of(carried: Carried, form: Form) -> bool:
    """Return whether it has a field of the form; it may be another form of the same page."""
    return isinstance(form, BaseForm) and any(each.html_name in carried.fields for each in form)
