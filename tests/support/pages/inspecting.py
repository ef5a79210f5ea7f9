"""The faults of a page for its various users: those axe-core finds, and those it cannot see."""

from collections.abc import Iterator
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.pages.browser import hold_back_the_zone, let_it_draw

# The last tag but one makes axe check the size of targets.
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
OPTIONS = {
    "runOnly": {"type": "tag", "values": TAGS},
    "resultTypes": ["violations"],
    # The only frame, the preview of the embed, shows a page that is checked by itself.
    "iframes": False,
    # Preloading would read every style sheet again, and their imports from wrong addresses.
    "preload": False,
}
AXE = Axe()


# The widths of a window of 1280 px at 200 % and at 400 % zoom, and of a small phone.
WIDTHS = (640, 320, 360)


def every_look(page: Page) -> Iterator[str]:
    """Yield the faults of the page as it is, and as people with other settings see it."""
    yield from misfits(page)
    yield from light_and_dark(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 512})
        yield from (f"{width} px wide: {misfit}" for misfit in misfits(page))
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    yield from (f"in forced colours: {each}" for each in unmarked(page))
    yield from (f"without motion: {each}" for each in moving(page))


def light_and_dark(page: Page) -> Iterator[str]:
    yield from axe_faults(page)
    page.emulate_media(color_scheme="dark")
    let_it_draw(page)
    yield from (f"in the dark: {fault}" for fault in axe_faults(page))


def axe_faults(page: Page) -> Iterator[str]:
    """Yield one text for each rule that the page breaks, with the elements that break it."""
    response: dict[str, Any] = AXE.run(page, options=OPTIONS).response
    for violation in response["violations"]:
        elements = [node["html"][:200] for node in violation["nodes"][:5]]
        yield f"{violation['id']} ({violation['help']}): {' '.join(elements)}"


def misfits(page: Page) -> list[str]:
    """Return what needs sideways scrolling, is cut off, or is too small for a thumb."""
    found: list[str] = page.evaluate(MISFITS)
    return found


# A thumb needs 44 px both ways, except for a link in a text or in a row that leads to the same
# place as a whole; a box is as large as its label.
MISFITS = """() => {
  const root = document.documentElement
  const found = []
  const seen = (each) => each.checkVisibility() && !each.closest(".visually-hidden, .skip-link")
    && getComputedStyle(each).clipPath === "none"
  const name = (each) => each.outerHTML.slice(0, 200)
  const cut = (overflow, all, part) => ["hidden", "clip"].includes(overflow) && all > part + 1
  if (root.scrollWidth > root.clientWidth)
    found.push(`scrolls sideways: ${root.scrollWidth} > ${root.clientWidth}`)
  for (const each of document.querySelectorAll("body *")) {
    if (!seen(each) || each.matches("input, textarea, select, iframe")) continue
    const { overflowX, overflowY } = getComputedStyle(each)
    if (cut(overflowX, each.scrollWidth, each.clientWidth)) found.push(`too wide: ${name(each)}`)
    if (cut(overflowY, each.scrollHeight, each.clientHeight)) found.push(`too high: ${name(each)}`)
  }
  if (!matchMedia("(pointer: coarse) and (360px <= width < 640px)").matches) return found
  const letters = (each) => each.textContent.match(/[\\p{L}\\p{N}]/gu)?.length ?? 0
  const hasText = (block) => letters(block)
    > [...block.querySelectorAll("a, button")].reduce((sum, each) => sum + letters(each), 0)
  const inText = (each) => getComputedStyle(each).display === "inline"
    && [each.closest("p, dd, blockquote")].some((block) => block && hasText(block))
  for (const each of document.querySelectorAll("a, button, input, select, textarea, summary")) {
    if (!seen(each) || inText(each)) continue
    if (each.matches("[type=hidden], .row__link, .slip__name")) continue
    const { width, height } = (each.closest("label") ?? each).getBoundingClientRect()
    if (Math.min(width, height) < 44) found.push(`only ${width} x ${height} px: ${name(each)}`)
  }
  return found
}"""


def unmarked(page: Page) -> list[str]:
    """Return what is marked by colours alone, which forced colours take away."""
    found: list[str] = page.evaluate(UNMARKED)
    return found


# The current one of several must differ from the others, and every control must have an edge.
UNMARKED = """() => {
  const seen = (each) => each.checkVisibility()
  const marks = [
    "outline-style", "outline-width", "border-block-end-style", "border-block-end-width",
    "text-decoration-line", "font-weight",
  ]
  const look = (each) => marks.map((mark) => getComputedStyle(each).getPropertyValue(mark)).join()
  const others = (each) => each.closest("table, nav, ul, .tabs")
    ?.querySelectorAll(`${each.localName}:not([aria-current])`) ?? []
  const same = (each) => [...others(each)].some((other) => look(other) === look(each))
  const edged = (each) => {
    const { outlineStyle, borderBlockStartStyle } = getComputedStyle(each)
    return outlineStyle !== "none" || borderBlockStartStyle !== "none"
  }
  const current = [...document.querySelectorAll("[aria-current]")].filter(seen).filter(same)
  const choices = "td a, .slots :is(a, button), .button, .chip, .time span, input, select, textarea"
  const exempt = "[type=hidden], [type=radio], [type=checkbox], .button--quiet, .input-prefix > *"
  const bare = [...document.querySelectorAll(`main :is(${choices})`)].filter(seen)
    .filter((each) => !each.matches(exempt))
    .filter((each) => !edged(each))
  return [...current, ...bare].map((each) => each.outerHTML.slice(0, 200))
}"""


def moving(page: Page) -> list[str]:
    """Return what moves, or would on a change, even pseudo-elements and parts behind a dialog."""
    found: list[str] = page.evaluate(MOVING)
    return found


MOVING = """() => {
  const parts = [null, "::before", "::after", "::backdrop"]
  const still = (each, part) => {
    const { animationName, transitionDuration, scrollBehavior } = getComputedStyle(each, part)
    return animationName === "none" && scrollBehavior === "auto"
      && transitionDuration.split(", ").every((duration) => duration === "0s")
  }
  const name = (each, part) => `${each.outerHTML.slice(0, 200)}${part ?? ""}`
  return [...document.querySelectorAll("*")].flatMap((each) =>
    parts.filter((part) => !still(each, part)).map((part) => name(each, part)))
}"""

# This script collects what moves by itself in `shifts`, as value and elements.
LAYOUT_SHIFTS = """
  window.shifts = []
  new PerformanceObserver((list) => {
    for (const each of list.getEntries())
      if (!each.hadRecentInput)
        shifts.push([each.value, ...each.sources.map(({ node }) => node?.outerHTML?.slice(0, 99))])
  }).observe({ type: "layout-shift", buffered: true })
"""

# These tops are in the order of the page. The observer of shifts ignores what is swapped in.
TOPS = """() => [...document.querySelectorAll("h1, .zone, .next a, h2, td, .times li:first-child")]
  .filter((each) => each.checkVisibility())
  .map((each) => Math.round(each.getBoundingClientRect().top))"""


def moves_when_the_zone_comes(page: Page, address: str) -> list[Any]:
    """Return what moves on a booking page when times in the browser's zone replace the first ones.

    The times must be in the HTML itself, before any script has asked for anything.
    """
    page.add_init_script(LAYOUT_SHIFTS)
    release = hold_back_the_zone(page)
    page.goto(address)
    expect(page.locator(".times .slots a").first).to_be_visible()
    own_zone, before = page.locator(".zone").text_content() or "", page.evaluate(TOPS)
    release()
    expect(page.locator(".zone")).not_to_have_text(own_zone)
    after = page.evaluate(TOPS)
    let_it_draw(page)
    shifts: list[Any] = page.evaluate("shifts")
    return shifts if after == before else [*shifts, f"{before} became {after}"]
