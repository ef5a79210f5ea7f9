"""Access to an owner's own calendars, and to nobody else's.

The functions that find something take an owner, so that pages and commands share them. A view
gets the owner of its request from `signed_in_owner`, and answers 404 by `find_or_404`.
"""

from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse

from calendars.locks import lock_hosts
from calendars.models import Calendar, Owner

Wanted = ParamSpec("Wanted")
Found = TypeVar("Found")


def signed_in_owner(request: HttpRequest) -> Owner:
    """Return the owner who sent the request; its view must be `login_required`."""
    if not isinstance(request.user, Owner):
        raise RuntimeError("This view must require signing in.")
    return request.user


def in_turn(
    view: Callable[Concatenate[HttpRequest, Wanted], HttpResponse],
) -> Callable[Concatenate[HttpRequest, Wanted], HttpResponse]:
    """Let what an owner sends to such views be compared, checked and saved one after the other.

    A form is compared with what is stored (`calendars/tabs/shown.py`). Between that and the save,
    no other tab must save, or both would believe that nothing was changed meanwhile.
    """

    @wraps(view)
    def locked(
        request: HttpRequest, /, *args: Wanted.args, **kwargs: Wanted.kwargs
    ) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        with transaction.atomic():
            # The owner was read before the lock, and may have been changed since.
            [request.user] = lock_hosts([signed_in_owner(request).pk])
            return view(request, *args, **kwargs)

    return locked


def find_or_404(
    find: Callable[Wanted, Found], *args: Wanted.args, **kwargs: Wanted.kwargs
) -> Found:
    """Return `find(*args, **kwargs)`, or raise Http404 if it raises ObjectDoesNotExist."""
    try:
        return find(*args, **kwargs)
    except ObjectDoesNotExist:
        raise Http404 from None


def calendar_of(owner: Owner, slug: str) -> Calendar:
    """Return the owner's calendar that has or had the address `slug`, with its owner set.

    Earlier addresses count too, so that a tab that was open while another one changed the address
    can still save its form. Raises Calendar.DoesNotExist, also for a deleted calendar.
    """
    calendar = Calendar.objects.of(owner).get(addresses__slug=slug)
    calendar.owner = owner
    return calendar


def calendar_or_deleted_of(owner: Owner, slug: str) -> Calendar:
    """Return the owner's calendar like `calendar_of`, also if it is deleted."""
    calendar = Calendar.objects.get(owner=owner, addresses__slug=slug)
    calendar.owner = owner
    return calendar


def zones_of(owner: Owner) -> list[str]:
    """Return the names of the owner's own zone and of their calendars', the most frequent first."""
    zones = Calendar.objects.of(owner).order_by("pk").values_list("time_zone", flat=True)
    others = (zone for zone, _ in Counter(zones).most_common() if zone != owner.time_zone)
    return [owner.time_zone, *others]
