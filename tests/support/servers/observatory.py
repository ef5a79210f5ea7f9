"""The score that MDN's HTTP Observatory would give an answer.

The rules are those of @mdn/mdn-http-observatory 1.4.8 (September 2026, its algorithm 4), as far as
our answers need them: any other result counts as the worst of its kind. The browsers' preload
lists and the integrity of scripts, worth 5 points each there, earn nothing here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from html.parser import HTMLParser
from http.cookies import Morsel, SimpleCookie

MODIFIERS = {
    "csp-implemented-with-no-unsafe-default-src-none": 10,
    "csp-implemented-with-no-unsafe": 5,
    "csp-implemented-with-unsafe-inline-in-style-src-only": 0,
    "csp-implemented-with-insecure-scheme-in-passive-content-only": -10,
    "csp-implemented-with-unsafe-eval": -10,
    "csp-implemented-with-unsafe-inline": -20,
    "csp-implemented-with-insecure-scheme": -20,
    "csp-not-implemented": -25,
    "cookies-secure-with-httponly-sessions-and-samesite": 5,
    "cookies-not-found": 0,
    "cookies-secure-with-httponly-sessions": 0,
    "cookies-anticsrf-without-samesite-flag": -20,
    "cookies-session-without-httponly-flag": -30,
    "cookies-session-without-secure-flag": -40,
    "cross-origin-resource-sharing-not-implemented": 0,
    "cross-origin-resource-sharing-implemented-with-universal-access": -50,
    "redirection-to-https": 0,
    "redirection-missing": -20,
    "referrer-policy-private": 5,
    "referrer-policy-not-implemented": 0,
    "referrer-policy-unsafe": -5,
    "hsts-implemented-max-age-at-least-six-months": 0,
    "hsts-implemented-max-age-less-than-six-months": -10,
    "hsts-not-implemented": -20,
    "sri-not-implemented-response-not-html": 0,
    "sri-not-implemented-but-no-scripts-loaded": 0,
    "sri-not-implemented-but-all-scripts-loaded-from-secure-origin": 0,
    "sri-not-implemented-and-external-scripts-not-loaded-securely": -50,
    "x-content-type-options-nosniff": 0,
    "x-content-type-options-not-implemented": -5,
    "x-frame-options-implemented-via-csp": 5,
    "x-frame-options-sameorigin-or-deny": 0,
    "x-frame-options-not-implemented": -20,
    "corp-implemented-with-same-origin": 10,
    "corp-not-implemented": 0,
}
LEAST_FOR_BONUS = 90
SIX_MONTHS = 15_552_000  # the Observatory's number: a little less than half a year
BROAD = {"*", "ftp:", "http:", "https:", "http://*", "https://*", "http://*.*", "https://*.*"}
INLINE = {"'unsafe-inline'", "data:"}
PRIVATE_REFERRERS = {
    "no-referrer",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
}


@dataclass(frozen=True)
class Answer:
    """An answer over https, and the address that the same one over http redirects to."""

    headers: Message
    body: str
    redirect: str
    host: str


@dataclass
class Scripts(HTMLParser):
    sources: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.sources.append(dict(attrs).get("src") or "")


def results(answer: Answer) -> list[str]:
    """Return one result for each kind of test."""
    headers = answer.headers
    return [
        csp_result(parse_csp(headers)),
        cookies_result(headers),
        "cross-origin-resource-sharing-implemented-with-universal-access"
        if "Access-Control-Allow-Origin" in headers
        else "cross-origin-resource-sharing-not-implemented",
        "redirection-to-https"
        if answer.redirect.startswith(f"https://{answer.host}/")
        else "redirection-missing",
        referrer_result(headers.get("Referrer-Policy", "")),
        hsts_result(headers.get("Strict-Transport-Security", "")),
        scripts_result(answer),
        "x-content-type-options-nosniff"
        if headers.get("X-Content-Type-Options") == "nosniff"
        else "x-content-type-options-not-implemented",
        frame_result(headers),
        "corp-implemented-with-same-origin"
        if headers.get("Cross-Origin-Resource-Policy") == "same-origin"
        else "corp-not-implemented",
    ]


def score(found: list[str]) -> int:
    """Return the score: bonuses count only if the answer is nearly faultless without them."""
    without_bonus = 100 + sum(min(MODIFIERS[result], 0) for result in found)
    if without_bonus < LEAST_FOR_BONUS:
        return max(without_bonus, 0)
    return 100 + sum(MODIFIERS[result] for result in found)


def parse_csp(headers: Message) -> Mapping[str, set[str]]:
    [policy, *others] = headers.get_all("Content-Security-Policy") or [""]
    assert not others
    words = [directive.lower().split() for directive in policy.split(";") if directive.strip()]
    names = [name for name, *_ in words]
    assert sorted(names) == sorted(set(names))
    return {name: set(sources) for name, *sources in words}


def csp_result(policy: Mapping[str, set[str]]) -> str:
    if not policy:
        return "csp-not-implemented"
    fallback = policy.get("default-src", {"*"})
    scripts, styles, objects = (
        policy.get(name, fallback) for name in ("script-src", "style-src", "object-src")
    )
    passive = {"img-src", "media-src"}
    active = set().union(*(sources for name, sources in policy.items() if name not in passive))
    shown = set().union(*(policy.get(name, fallback) for name in passive))
    # The first result that holds counts; the worst comes first.
    results: dict[str, bool] = {
        "unsafe-inline": bool(scripts & (BROAD | INLINE) or objects & BROAD),
        "insecure-scheme": has_insecure_scheme(active),
        "unsafe-eval": "'unsafe-eval'" in scripts | styles,
        "insecure-scheme-in-passive-content-only": has_insecure_scheme(shown),
        "unsafe-inline-in-style-src-only": bool(styles & (BROAD | INLINE)),
        "no-unsafe-default-src-none": fallback == {"'none'"},
        "no-unsafe": True,
    }
    return f"csp-implemented-with-{next(name for name, holds in results.items() if holds)}"


def has_insecure_scheme(sources: set[str]) -> bool:
    return any(source.startswith(("http:", "ftp:")) for source in sources)


def cookies_of(headers: Message) -> list[Morsel[str]]:
    cookies = [SimpleCookie(text) for text in headers.get_all("Set-Cookie") or []]
    return [morsel for cookie in cookies for morsel in cookie.values()]


def cookies_result(headers: Message) -> str:
    """Take every cookie for a session's, which is stricter than the Observatory."""
    cookies = cookies_of(headers)
    if not cookies:
        return "cookies-not-found"
    if not all(cookie["secure"] for cookie in cookies):
        return "cookies-session-without-secure-flag"
    if not all(cookie["httponly"] for cookie in cookies):
        return "cookies-session-without-httponly-flag"
    if not all(cookie["samesite"] in {"Lax", "Strict"} for cookie in cookies):
        return "cookies-anticsrf-without-samesite-flag"
    return "cookies-secure-with-httponly-sessions-and-samesite"


def referrer_result(policy: str) -> str:
    if not policy:
        return "referrer-policy-not-implemented"
    private = policy in PRIVATE_REFERRERS
    return "referrer-policy-private" if private else "referrer-policy-unsafe"


def hsts_result(header: str) -> str:
    ages = [part.strip()[8:] for part in header.split(";") if part.strip().startswith("max-age=")]
    if not ages or not ages[0].isdecimal():
        return "hsts-not-implemented"
    if int(ages[0]) < SIX_MONTHS:
        return "hsts-implemented-max-age-less-than-six-months"
    return "hsts-implemented-max-age-at-least-six-months"


def frame_result(headers: Message) -> str:
    if "frame-ancestors" in parse_csp(headers):
        return "x-frame-options-implemented-via-csp"
    if headers.get("X-Frame-Options") in {"DENY", "SAMEORIGIN"}:
        return "x-frame-options-sameorigin-or-deny"
    return "x-frame-options-not-implemented"


def scripts_result(answer: Answer) -> str:
    if answer.headers.get_content_type() != "text/html":
        return "sri-not-implemented-response-not-html"
    scripts = Scripts()
    scripts.feed(answer.body)
    if not scripts.sources:
        return "sri-not-implemented-but-no-scripts-loaded"
    if all(source.startswith("/") and source[:2] != "//" for source in scripts.sources):
        return "sri-not-implemented-but-all-scripts-loaded-from-secure-origin"
    return "sri-not-implemented-and-external-scripts-not-loaded-securely"
