"""Time zones by name, as a person or a browser gives them.

The functions are pure, except that some ask `current_customs` for the reader's language.
"""

from functools import lru_cache
from unicodedata import category, combining, normalize
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from babel.core import get_global

from calendars.kit.languages import Customs, current_customs
from calendars.kit.search.folding import fold

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

# Cities whose old names are still in the names of zones, which browsers report: old to present.
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
    """Return the zone called `name`, also by an old name ("Asia/Calcutta"), or None."""
    if name not in zone_names():
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):  # pragma: no cover  listed but unreadable
        return None


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Return the names that zoneinfo knows, except copies ("posix/…") and what names no place."""
    return frozenset(
        name
        for name in available_timezones()
        if name not in {"Factory", "localtime"} and not name.startswith(("posix/", "right/"))
    )


@lru_cache(maxsize=1)
def zones_to_choose() -> tuple[str, ...]:
    """Return UTC and then the names of the zones of continents and oceans, without old names."""
    names = sorted(
        name
        for name in zone_names()
        if name.split("/")[0] in AREAS
        and last_part(name) not in RENAMED_CITIES
        and not _is_same_city_twice(name)
    )
    return ("UTC", *names)


def _is_same_city_twice(name: str) -> bool:
    """Return whether `name` is an older name with the same city, such as "Asia/Istanbul"."""
    present = get_global("zone_aliases").get(name, name)
    return present != name and last_part(present) == last_part(name) and present in zone_names()


def zone_choices() -> list[tuple[str, str]]:
    """Return the zones to choose from as (name, city in the reader's language)."""
    return [(name, city_of(name)) for name in zones_to_choose()]


def city_of(name: str) -> str:
    """Return the reader's word: "Asia/Calcutta" is "Kolkata", and "Kalkutta" in German."""
    return _city_of(name, current_customs())


@lru_cache(maxsize=8192)
def _city_of(name: str, customs: Customs) -> str:
    zones = customs.locale.time_zones
    cities = (zones[each].get("city") for each in _names_of(name) if each in zones)
    return next(filter(None, cities), None) or english_city(name)


def _names_of(name: str) -> list[str]:
    """Return `name` and the zone's other names; the CLDR and browsers use the oldest."""
    aliases = get_global("zone_aliases")
    present = aliases.get(name, name)
    return [name, present, *(old for old, new in aliases.items() if new == present)]


def english_city(name: str) -> str:
    """Return the city's present name in English: "Asia/Calcutta" is "Kolkata"."""
    return RENAMED_CITIES.get(last_part(name), last_part(name))


def last_part(name: str) -> str:
    """Return the city in a zone's name: "Buenos Aires" of "America/Argentina/Buenos_Aires"."""
    return name.rsplit("/", 1)[-1].replace("_", " ")


def search_zone(text: str) -> ZoneInfo | None:
    """Return the zone whose name or city is `text`, or None.

    The city may be in the reader's language or in English. Case, accents, spaces, hyphens, dots
    and apostrophes do not matter.
    """
    return _search_zone(_plain(text), current_customs())


@lru_cache(maxsize=1024)
def _search_zone(wanted: str, customs: Customs) -> ZoneInfo | None:
    # An old name ("Japan") has the same cities as its zone, and must not be found first.
    others = sorted(zone_names(), key=lambda name: (name.count("/"), name))
    for name in (*zones_to_choose(), *others):
        cities = (last_part(name), english_city(name), _city_of(name, customs))
        if wanted in map(_plain, (name, *cities)):
            return find_zone(name)
    return None


@lru_cache(maxsize=16384)
def _plain(text: str) -> str:
    """Return the letters and digits of `text` in lower case, without accents.

    A slash and a plus are kept: names of zones need them.
    """
    signs = normalize("NFKD", fold(text))
    return "".join(each for each in signs if each in "/+" or _is_letter(each))


def _is_letter(sign: str) -> bool:
    """Return whether it is a letter, a digit or a vowel sign (as in Hindi), but no accent."""
    return category(sign)[0] in "LMN" and not combining(sign)


def zone_groups(*, also: str = "") -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the groups of a <select>: zones by continent or ocean, UTC first.

    `also` adds one name, if it is a zone's and not among them, so that a zone that was chosen
    under an old name stays chosen.
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in zones_to_choose():
        area, _slash, place = name.partition("/")
        groups.setdefault(area, []).append((name, (place or name).replace("_", " ")))
    if also and find_zone(also) and also not in zones_to_choose():
        groups["UTC"].append((also, also))
    return list(groups.items())
