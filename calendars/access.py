"""The one way from a request to what its owner may see: anything else is 404."""

from collections import Counter

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from calendars.models import Calendar, Owner


def signed_in_owner(request: HttpRequest) -> Owner:
    """The owner who sent the request; its view must be `login_required`."""
    if not isinstance(request.user, Owner):
        raise RuntimeError("This view must require signing in.")
    return request.user


def get_calendar(request: HttpRequest, slug: str) -> Calendar:
    """The signed-in owner's calendar that has or had this address, or 404; a deleted one is gone.

    A tab that was open while another one changed the address must not lose what is typed in it.
    """
    calendars = Calendar.objects.of(signed_in_owner(request))
    return get_object_or_404(calendars, addresses__slug=slug)


UTC = "UTC"


def zones_of(owner: Owner) -> list[str]:
    """The names of the zones of the owner's calendars, that of most of them first."""
    zones = Calendar.objects.of(owner).order_by("pk").values_list("time_zone", flat=True)
    return [zone for zone, _ in Counter(zones).most_common()] or [UTC]
