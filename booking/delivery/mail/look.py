"""The colours of `static/tokens.css` for mail programs, which do not support custom properties."""

from dataclasses import dataclass

from calendars.models import Colour

LIGHT = {
    "canvas": "#f7f6f2",
    "surface": "#ffffff",
    "ink": "#1b1d22",
    "ink_soft": "#5c6270",
    "line": "#e2e0d9",
    "on_colour": "#ffffff",
    "warning": "#7a5200",
    "warning_soft": "#f8efdc",
}
DARK = {
    "canvas": "#131519",
    "surface": "#1b1e23",
    "ink": "#eceef1",
    "ink_soft": "#a0a7b4",
    "line": "#343a43",
    "on_colour": "#0f1214",
    "warning": "#e8bf6a",
    "warning_soft": "#362b17",
}
# The accent of each colour, in light and in dark.
ACCENTS = {
    Colour.GREEN: ("#1f6f5c", "#5cc2a6"),
    Colour.TEAL: ("#0f6c7d", "#5dbfd3"),
    Colour.BLUE: ("#2456b8", "#8ab0ff"),
    Colour.VIOLET: ("#6241b8", "#b8a1ff"),
    Colour.PINK: ("#a52a73", "#f29ac9"),
    Colour.RED: ("#a8281f", "#ff9a8f"),
    Colour.AMBER: ("#7a5200", "#e8bf6a"),
    Colour.GREY: ("#4c535f", "#b6bdc9"),
}


@dataclass(frozen=True)
class Look:
    light: dict[str, str]
    dark: dict[str, str]


def look(colour: str) -> Look:
    light, dark = ACCENTS[Colour(colour)]
    return Look(LIGHT | {"accent": light}, DARK | {"accent": dark})
