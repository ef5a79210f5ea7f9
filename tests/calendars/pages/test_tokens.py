"""The contrast of the colours, computed from `static/tokens.css` itself."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from calendars.models import Colour

CSS = (Path(__file__).parents[3] / "static" / "tokens.css").read_text()
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    for block in (CSS.split("@media")[0], CSS.split("@media")[1].split("/* Step two")[0])
)
MEANING = dict(re.findall(r"--([\w-]+): var\(--([\w-]+)\);", CSS.split("Step two")[1]))


def tokens_of(colour: str) -> dict[str, str]:
    block = re.search(rf'\[data-colour="{colour}"\] {{([^}}]*)}}', CSS)
    assert block
    return dict(re.findall(r"--([\w-]+): var\(--([\w-]+)\);", block[1]))


def luminance(colour: str) -> float:
    """Return the relative luminance by WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_admin_has_our_colours_throughout() -> None:
    """admin.css sets every colour of the admin: a new one would stay as light as in Django."""
    base = Path(str(finders.find("admin/css/base.css"))).read_text()
    theirs = re.findall(r"(--[\w-]+):", base.split(":root {")[1].split("}")[0])
    ours = Path(str(finders.find("admin.css"))).read_text()
    # Ours is the `accent` that counts, because tokens.css comes after Django's style sheet.
    assert set(theirs) - {"--accent"} == set(re.findall(r"(--[\w-]+): ", ours))


def test_contrast_is_computed_right() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_dark_mode_redefines_every_raw_colour_and_nothing_else() -> None:
    assert DARK.keys() == LIGHT.keys()


@pytest.mark.parametrize("raw", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("colour", Colour.values)
def test_calendar_colour_can_be_read(colour: str, raw: dict[str, str]) -> None:
    tokens = {name: raw[value] for name, value in tokens_of(colour).items()}
    assert tokens.keys() == {"accent", "accent-soft", "accent-ink"}
    for background in (raw["neutral-surface"], raw["neutral-canvas"], tokens["accent-soft"]):
        assert contrast(tokens["accent"], background) >= 4.5
    assert contrast(tokens["accent-ink"], tokens["accent"]) >= 4.5


@pytest.mark.parametrize("raw", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "background"),
    [
        *((text, back) for text in ("ink", "ink-soft") for back in ("canvas", "surface", "fill")),
        *((text, "surface") for text in ("negative", "warning")),
        ("negative", "negative-soft"),
        ("warning", "warning-soft"),
        ("ink", "negative-soft"),
        *((text, "warning-soft") for text in ("ink", "ink-soft")),
    ],
)
def test_text_can_be_read(text: str, background: str, raw: dict[str, str]) -> None:
    assert contrast(raw[MEANING[text]], raw[MEANING[background]]) >= 4.5


@pytest.mark.parametrize("raw", [LIGHT, DARK], ids=["light", "dark"])
def test_edge_of_a_field_can_be_seen(raw: dict[str, str]) -> None:
    for background in ("surface", "canvas"):
        assert contrast(raw[MEANING["line-strong"]], raw[MEANING[background]]) >= 3
