from collections import Counter
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from calendars.models import Calendar, Owner

UTC = "UTC"


def zones_of(owner: Owner) -> list[str]:
    """The names of the zones of the owner's calendars, that of most of them first."""
    zones = Calendar.objects.of(owner).order_by("pk").values_list("time_zone", flat=True)
    return [zone for zone, _ in Counter(zones).most_common()] or [UTC]


def chosen_zone(request: HttpRequest, zones: list[str]) -> ZoneInfo:
    """The one of `zones` that the address names with `tz`, else the first."""
    asked = request.GET.get("tz", "")
    return ZoneInfo(asked if asked in zones else zones[0])
