import pytest

from calendars.zones import RENAMED_CITIES, city_of, find_zone, search_zone, zone_choices


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        (" new york ", "America/New_York"),
        ("Buenos Aires", "America/Buenos_Aires"),
        ("kolkata", "Asia/Calcutta"),
        ("Kiev", "Europe/Kiev"),
        ("UTC", "UTC"),
    ],
)
def test_zone_is_found_by_name_or_city(text: str, name: str) -> None:
    zone = search_zone(text)
    assert zone
    assert zone.key == name


@pytest.mark.parametrize(
    "text", ["", "Atlantis", "../etc/passwd", "/etc/localtime", "posix/Europe/Berlin", "Factory"]
)
def test_what_is_no_zone_is_not_found(text: str) -> None:
    assert search_zone(text) is None
    assert find_zone(text) is None


def test_old_names_are_shown_by_the_citys_name_of_today() -> None:
    assert city_of("Asia/Katmandu") == city_of("Asia/Kathmandu") == "Kathmandu"
    offered = [city for _name, city in zone_choices()]
    assert not set(RENAMED_CITIES) & set(offered)
    assert offered.count("Kolkata") == 1
