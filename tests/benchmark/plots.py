"""Draw the curves of `test-results/curves.json` into `docs/`, each as a small SVG.

python -m tests.benchmark.plots
"""

import json
import math
from collections.abc import Iterator, Mapping

from tests.run import ROOT
from tests.support.servers.longrun import RESULTS

WIDTH, HEIGHT = 480, 240
LEFT, RIGHT, TOP, BOTTOM = 48, 40, 32, 40
# The quantity that each curve shows.
TITLES = {
    "bookings": "public page, by bookings stored",
    "links": "list of links, by links of the calendar",
    "calendars": "Calendar Settings, by calendars of the owner",
    "ranges a day": "public page, by ranges of hours a day",
    "days of the window": "public page, by days that may be booked ahead",
}
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#444}line{stroke:#ccc}"
    "polyline{fill:none;stroke:#0b7a4b;stroke-width:2}circle{fill:#0b7a4b}"
    "@media(prefers-color-scheme:dark){text{fill:#bbb}line{stroke:#444}"
    "polyline{stroke:#4cc38a}circle{fill:#4cc38a}}"
)


def draw(name: str, points: Mapping[float, float]) -> str:
    """Return a curve of milliseconds whose values span the width on a logarithmic scale."""
    title = TITLES[name]
    most = _round_up(max(points.values()))
    across = _places(sorted(points))
    places = {x: (across[x], _height(points[x], most)) for x in across}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>Milliseconds of processor time: {title}</title><style>{STYLE}</style>",
        f'<text x="{LEFT}" y="18">ms: {title}</text>',
        *_scale(most),
        f'<polyline points="{" ".join(f"{x:.0f},{y:.0f}" for x, y in places.values())}"/>',
        *(part for x, place in places.items() for part in _point(x, points[x], place)),
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">{name}, logarithmic</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _places(values: list[float]) -> dict[float, float]:
    """Return the place of each value by its logarithm: every quantity here grows by multiples."""
    low, high = math.log(values[0]), math.log(values[-1])
    room = WIDTH - LEFT - RIGHT
    return {value: LEFT + room * (math.log(value) - low) / (high - low) for value in values}


def _height(value: float, most: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / most


def _round_up(value: float) -> float:
    """Round up to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)


def _scale(most: float) -> Iterator[str]:
    for part in (0, 0.5, 1):
        y = _height(part * most, most)
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.0f}" y2="{y:.0f}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{part * most:g}</text>'


def _point(x: float, value: float, place: tuple[float, float]) -> Iterator[str]:
    across, up = place
    yield f'<circle cx="{across:.0f}" cy="{up:.0f}" r="3"/>'
    yield f'<text x="{across:.0f}" y="{up - 8:.0f}" text-anchor="middle">{value:.3g}</text>'
    below = HEIGHT - BOTTOM + 18
    yield f'<text x="{across:.0f}" y="{below}" text-anchor="middle">{x:,.0f}</text>'


def main() -> None:
    curves = json.loads((RESULTS / "curves.json").read_text())
    for name, points in curves.items():
        numbers = {float(x): float(y) for x, y in points.items()}
        path = ROOT / "docs" / f"cost-by-{name.replace(' ', '-')}.svg"
        path.write_text(draw(name, numbers))


if __name__ == "__main__":
    main()
