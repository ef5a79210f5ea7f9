"""An owner's form that is sent twice makes one thing: a double click, Enter twice, a retry, Back.

Every form that makes something carries a random name, made when the form is drawn (the template
tag `form_name`). The first sending that succeeds is noted in the transaction of its act, and the
same sending again finds what the first one made.

The sending is told apart by a hash of the form's name, its address and all that was sent. The same
form with other content is a new act: who goes back and types another date means another thing.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Generic, TypeVar

from django.contrib import messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from calendars.access import signed_in_owner
from calendars.kit.tokens import MAX_TOKEN_LENGTH, TOKEN_LENGTH
from calendars.models import Owner, SentForm

FORM_NAME = "form_name"
NAME = re.compile(f"[0-9A-Za-z]{{{TOKEN_LENGTH},{MAX_TOKEN_LENGTH}}}")
# The mask of the CSRF token may differ in two copies of one page.
NOT_CONTENT = {"csrfmiddlewaretoken"}
KEPT = timedelta(days=1)
# A second sending within this time is a double click. Later, a person has gone back, and is told.
DOUBLE_CLICK = timedelta(seconds=10)

Thing = TypeVar("Thing", bound=Model)


@dataclass(frozen=True)
class Done(Generic[Thing]):
    """What a form has made, and how long before, if it was sent before."""

    made: Thing
    before: timedelta | None = None

    @property
    def is_repeat(self) -> bool:
        return self.before is not None

    @property
    def is_late_repeat(self) -> bool:
        return self.before is not None and self.before > DOUBLE_CLICK


def once(
    request: HttpRequest, *, among: QuerySet[Thing], act: Callable[[], Thing], now: datetime
) -> Done[Thing]:
    """Do `act` for the form of the request, unless the form has made one of `among` before."""
    name = sending_of(request)
    return do_once(owner=signed_in_owner(request), name=name, among=among, act=act, now=now)


def do_once(
    *,
    owner: Owner,
    name: str | None,
    among: QuerySet[Thing],
    act: Callable[[], Thing],
    now: datetime,
) -> Done[Thing]:
    """Return what `act` makes, or has made for this name before, if that is still one of `among`.

    Something that was removed since is made anew. Without a name, `act` is always done. If `act`
    raises an error, nothing is noted, and the name may be used again.
    """
    if name is None:
        return Done(act())
    with transaction.atomic():
        sent = _claim(SentForm(owner=owner, kind=among.model._meta.label_lower, name=name, at=now))
        if sent.result and (earlier := among.filter(pk=sent.result).first()):
            return Done(earlier, now - sent.at)
        made = act()
        sent.result, sent.at = made.pk, now
        sent.save(update_fields=["result", "at"])
    return Done(made)


def confirm(request: HttpRequest, done: Done[Thing], text: str = "") -> None:
    """Tell the person that it was done, or, if they sent the form again later, that it was not."""
    if done.is_late_repeat:
        again = _(
            "You already sent this form, so nothing new was made. To make another one, reload the"
            " page and send it again."
        )
        messages.info(request, again)
    elif text:
        messages.success(request, text)


def sending_of(request: HttpRequest) -> str | None:
    """Return what tells this sending of a form apart, or None if the form has no valid name."""
    if not NAME.fullmatch(request.POST.get(FORM_NAME, "")):
        return None
    content = sorted(each for each in request.POST.lists() if each[0] not in NOT_CONTENT)
    return sha256(json.dumps([request.path, content]).encode()).hexdigest()


def forget_sent_forms(most: int = 1000) -> None:
    """Delete up to `most` of the forms that were sent more than a day ago."""
    old = SentForm.objects.filter(at__lte=timezone.now() - KEPT).order_by("at")
    with transaction.atomic():
        # A form that is sent again just now is skipped, so that neither waits for the other.
        locked = old.select_for_update(skip_locked=True).values_list("pk", flat=True)
        keys = list(locked[:most])
        SentForm.objects.filter(pk__in=keys).delete()


def _claim(sent: SentForm) -> SentForm:
    """Return the row of this form, locked until the transaction ends; its result if it has one.

    Of two that come at the same moment, PostgreSQL lets the second wait here until the first is
    done. DO UPDATE locks the row that is there; after DO NOTHING, it could be deleted meanwhile.
    """
    SentForm.objects.bulk_create(
        [sent],
        update_conflicts=True,
        unique_fields=["owner", "kind", "name"],
        update_fields=["name"],
    )
    return SentForm.objects.get(owner=sent.owner, kind=sent.kind, name=sent.name)
