"""Time zones by name, as a person or a browser gives them. Pure."""

from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

AREAS = {
    "Africa",
    "America",
    "Antarctica",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
}

# Cities whose old names are still those of zones, and what browsers report: old name, name.
RENAMED_CITIES = {
    "Ashkhabad": "Ashgabat",
    "Asmera": "Asmara",
    "Calcutta": "Kolkata",
    "Dacca": "Dhaka",
    "Enderbury": "Kanton",
    "Faeroe": "Faroe",
    "Godthab": "Nuuk",
    "Katmandu": "Kathmandu",
    "Kiev": "Kyiv",
    "Macao": "Macau",
    "Rangoon": "Yangon",
    "Saigon": "Ho Chi Minh",
    "Thimbu": "Thimphu",
    "Ujung Pandang": "Makassar",
    "Ulan Bator": "Ulaanbaatar",
}


@lru_cache(maxsize=1024)
def find_zone(name: str) -> ZoneInfo | None:
    """The zone called `name`, old names ("Asia/Calcutta") included, or None."""
    if name not in zone_names():
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):  # pragma: no cover  listed but unreadable
        return None


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Every name that zoneinfo knows, but those that are no place ("Factory", "localtime")."""
    return frozenset(
        name
        for name in available_timezones()
        if name not in {"Factory", "localtime"} and not name.startswith(("posix/", "right/"))
    )


@lru_cache(maxsize=1)
def zone_choices() -> tuple[tuple[str, str], ...]:
    """The zones of the continents and oceans, and UTC, as (name, city) in order of name."""
    names = sorted(
        name
        for name in zone_names()
        if name.split("/")[0] in AREAS and last_part(name) not in RENAMED_CITIES
    )
    return (("UTC", "UTC"), *((name, city_of(name)) for name in names))


def city_of(name: str) -> str:
    """What people call the zone now: "Asia/Calcutta" is "Kolkata"."""
    return RENAMED_CITIES.get(last_part(name), last_part(name))


def last_part(name: str) -> str:
    """The city in a zone's name: "America/Argentina/Buenos_Aires" holds "Buenos Aires"."""
    return name.rsplit("/", 1)[-1].replace("_", " ")


@lru_cache(maxsize=1024)
def search_zone(text: str) -> ZoneInfo | None:
    """The zone that `text` names, by its name or its city, in any case; None if there is none."""
    wanted = text.strip().lower().replace(" ", "_")
    for name in sorted(zone_names(), key=lambda name: (name.count("/"), name)):
        cities = {last_part(name), city_of(name)}
        if wanted in {name.lower(), *(city.lower().replace(" ", "_") for city in cities)}:
            return find_zone(name)
    return None


def zone_groups(*, also: str = "") -> list[tuple[str, list[tuple[str, str]]]]:
    """The choices of a <select>: cities grouped by continent or ocean, UTC first.

    `also` is one more name to choose, if it is not among them and a zone has it: a zone that was
    chosen under an old name stays chosen.
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, _city in zone_choices():
        area, _slash, place = name.partition("/")
        groups.setdefault(area, []).append((name, (place or name).replace("_", " ")))
    if also and find_zone(also) and also not in dict(zone_choices()):
        groups["UTC"].append((also, also))
    return list(groups.items())
