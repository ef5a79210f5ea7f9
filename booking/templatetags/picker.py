"""Tags for the cells and times of a picker, of which a page has dozens or hundreds.

They build the HTML in Python. When template nodes rendered each cell, that took most of the time of
the whole page.
"""

from collections.abc import Iterable
from html import escape

from django import template
from django.utils.safestring import SafeString

from booking.client.picker import Day, Slot

register = template.Library()


@register.simple_tag
def slot_links(slots: Iterable[Slot]) -> SafeString:
    """Return an <li> for each slot, with a link that chooses it."""
    return SafeString(
        "".join(f'<li><a href="{escape(slot.url)}">{escape(slot.label)}</a></li>' for slot in slots)
    )


@register.simple_tag
def day_cells(week: Iterable[Day | None]) -> SafeString:
    """Return a <td> for each day. A day with free times is a link whose label names the date."""
    return SafeString("".join(map(_cell, week)))


def _cell(day: Day | None) -> str:
    if day is None:
        return "<td></td>"
    today = ' class="today"' if day.is_today else ""
    return f"<td{today}>{_day_link(day) if day.url else f'<span>{day.number}</span>'}</td>"


def _day_link(day: Day) -> str:
    current = ' aria-current="true"' if day.is_chosen else ""
    return f'<a href="{escape(day.url)}" aria-label="{escape(day.label)}"{current}>{day.number}</a>'
