import pytest

from calendars.kit.languages import speaking
from calendars.kit.zones import (
    RENAMED_CITIES,
    city_of,
    english_city,
    find_zone,
    search_zone,
    zone_choices,
    zones_to_choose,
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        (" new york ", "America/New_York"),
        ("Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("kolkata", "Asia/Kolkata"),
        ("Kiev", "Europe/Kiev"),
        ("new-york", "America/New_York"),
        ("St. John's", "America/St_Johns"),
        ("st johns", "America/St_Johns"),
        ("port au prince", "America/Port-au-Prince"),
        ("UTC", "UTC"),
        ("gmt+5", "Etc/GMT+5"),
        ("GMT-5", "Etc/GMT-5"),
    ],
)
def test_zone_is_found_by_name_or_city(text: str, name: str) -> None:
    zone = search_zone(text)
    assert zone
    assert zone.key == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "\u0301",
        "Atlantis",
        "../etc/passwd",
        "/etc/localtime",
        "posix/Europe/Berlin",
        "Factory",
    ],
)
def test_what_is_no_zone_is_not_found(text: str) -> None:
    assert search_zone(text) is None
    assert find_zone(text) is None


def test_old_names_are_shown_by_the_citys_name_of_today() -> None:
    assert city_of("Asia/Katmandu") == city_of("Asia/Kathmandu") == "Kathmandu"
    offered = [city for _name, city in zone_choices()]
    assert offered.count("Kolkata") == 1
    assert not {"Calcutta", "Kiev", "Saigon", "Rangoon"} & set(offered)
    # English names come from the CLDR or, for most zones, from the zone's own name.
    assert not set(RENAMED_CITIES) & {english_city(name) for name in zones_to_choose()}


@pytest.mark.parametrize(
    ("tag", "text", "name", "city"),
    [
        ("de", "wien", "Europe/Vienna", "Wien"),
        ("de", "Vienna", "Europe/Vienna", "Wien"),
        ("ja", "東京", "Asia/Tokyo", "東京"),
        ("ar", "القاهرة", "Africa/Cairo", "القاهرة"),
        ("hi", "कोलकाता", "Asia/Kolkata", "कोलकाता"),
        ("tr", "istanbul", "Europe/Istanbul", "İstanbul"),
        ("es", "nueva york", "America/New_York", "Nueva York"),
        ("fr", "athenes", "Europe/Athens", "Athènes"),
        ("es", "moscu", "Europe/Moscow", "Moscú"),
        ("pl", "kijow", "Europe/Kyiv", "Kijów"),
        ("pl", "BRATYSLAWA", "Europe/Bratislava", "Bratysława"),
        ("pt-br", "toquio", "Asia/Tokyo", "Tóquio"),
        ("tr", "Almati", "Asia/Almaty", "Almatı"),
        ("de", "n'djamena", "Africa/Ndjamena", "N’Djamena"),
        ("ja", "ﾊﾟﾘ", "Europe/Paris", "パリ"),
    ],
)
def test_zone_is_found_by_its_city_in_the_readers_language(
    tag: str, text: str, name: str, city: str
) -> None:
    with speaking(tag):
        zone = search_zone(text)
        assert zone is not None
        assert (zone.key, city_of(name)) == (name, city)
