"""The reader's language, and the customs of their country for dates and times."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeVar, cast

from babel import Locale, localedata
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import (
    get_supported_language_variant,
    parse_accept_lang_header,
)

from calendars.kit.origins import is_from_our_page

T = TypeVar("T")
GetResponse = Callable[[HttpRequest], HttpResponse]

YEAR_IN_SECONDS = 365 * 24 * 3600
# For each language of the interface, the locales of the CLDR that differ in what we show. The
# first one serves readers whose country is unknown or not listed. Not every locale of the CLDR is
# accepted: a browser may send any of hundreds, and each would stay in memory.
CUSTOMS = {
    "en": ("en-GB", "en-US", "en-AU", "en-CA", "en-IE", "en-IN", "en-NZ", "en-ZA"),
    "de": ("de-DE", "de-AT", "de-CH"),
    "fr": ("fr-FR", "fr-BE", "fr-CA", "fr-CH"),
    "es": ("es-ES", "es-AR", "es-CL", "es-CO", "es-MX", "es-PE", "es-US"),
    "pt-br": ("pt-BR", "pt-PT"),
    "it": ("it-IT", "it-CH"),
    "nl": ("nl-NL", "nl-BE"),
    "pl": ("pl-PL",),
    "tr": ("tr-TR",),
    "uk": ("uk-UA",),
    "ja": ("ja-JP",),
    "zh-hans": ("zh-Hans-CN", "zh-Hans-SG"),
    "hi": ("hi-IN",),
    "ar": ("ar-EG", "ar-AE", "ar-LB", "ar-MA", "ar-SA", "ar-TN"),
}


class OwnLocale(Locale):
    """A Babel locale with a private copy of the data that we use.

    Babel's Locale writes what it finds by an alias back into data that other locales inherit: once
    somebody has read a Japanese month, some Austrian months are Japanese (Babel's issue 1234).
    """

    @cached_property
    def _data(self) -> localedata.LocaleDataDict:
        data = localedata.load(str(self))
        wanted = (
            *("days", "months", "day_periods", "week_data", "time_zones"),
            *("date_formats", "time_formats", "datetime_skeletons"),
        )
        return localedata.LocaleDataDict(deepcopy({name: data[name] for name in wanted}))


@dataclass(frozen=True)
class Customs:
    """How one country writes one language; `tag` names both, as in "de-AT"."""

    language: str
    tag: str

    @cached_property
    def locale(self) -> Locale:
        return OwnLocale.parse(self.tag, sep="-")

    @cached_property
    def clock(self) -> str:
        """Either "12" or "24", the hours on its clocks."""
        return "12" if {"h", "K"} & set(self.locale.time_formats["short"].pattern) else "24"

    @property
    def first_weekday(self) -> int:
        """The day on which its weeks begin; Monday is 0."""
        return self.locale.first_week_day


_current: ContextVar[Customs | None] = ContextVar("customs", default=None)


def current_customs() -> Customs:
    """Return the customs of the active language, and of the reader's country if it is known."""
    customs, language = _current.get(), translation.get_language() or settings.LANGUAGE_CODE
    return customs if customs and customs.language == language else customs_of(language)


@contextmanager
def speaking(tag: str) -> Iterator[None]:
    """Use the language and the customs of `tag` within the block."""
    customs = customs_of(tag)
    token = _current.set(customs)
    try:
        with translation.override(customs.language):
            yield
    finally:
        _current.reset(token)


def each_speaking(tag: str, pieces: Iterable[T]) -> Iterator[T]:
    """Yield `pieces`, making each of them in the language of `tag`.

    A streaming response is made after its request, when another language is active again.
    """
    pieces, nothing = iter(pieces), object()
    while True:
        with speaking(tag):
            piece = next(pieces, nothing)
        if piece is nothing:
            return
        yield cast(T, piece)


@lru_cache(maxsize=1024)
def customs_of(tag: str) -> Customs:
    """Return the customs nearest to a tag such as "de-AT", "de" or "pt-br"."""
    return find_customs(tag) or customs_of(settings.LANGUAGE_CODE)


@lru_cache(maxsize=1024)
def find_customs(tag: str) -> Customs | None:
    """Return the customs nearest to `tag`, or None if Quantix does not have the language."""
    try:
        language = get_supported_language_variant(tag.lower())
    except LookupError:
        return None
    country = tag.partition("-")[2][-2:].upper()
    tags = CUSTOMS[language]
    return Customs(language, next((each for each in tags if each.endswith(country)), tags[0]))


def asked_customs(request: HttpRequest) -> Customs:
    """Return the customs by the query's `lang`, the cookie or `Accept-Language`, in this order."""
    return _asked_customs(
        request.GET.get("lang", ""),
        request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""),
        request.headers.get("Accept-Language", ""),
    )


@lru_cache(maxsize=256)
def _asked_customs(address: str, cookie: str, header: str) -> Customs:
    accepted = [
        customs
        for tag, _priority in parse_accept_lang_header(header)
        if (customs := find_customs(tag))
    ]
    for tag in (address, cookie):
        if tag and (customs := find_customs(tag)):
            # The language switch names no country; the browser's header may.
            alike = (each for each in accepted if each.language == customs.language)
            return next(alike, customs) if tag in CUSTOMS else customs
    return accepted[0] if accepted else customs_of(settings.LANGUAGE_CODE)


def language_choices(own: Customs) -> list[tuple[str, str]]:
    """Return all languages as (tag, name in that language).

    The tag is that of `own` or else of the reader where theirs is that language, so that choosing
    it keeps their country.
    """
    tags = {each.language: each.tag for each in (current_customs(), own)}
    return [(tags.get(code, CUSTOMS[code][0]), name) for code, name in settings.LANGUAGES]


def speak(get_response: GetResponse) -> GetResponse:
    """A middleware that answers in the reader's language, and remembers one that they chose.

    An address with `lang` is answered in that language. It is remembered only if the reader chose
    it on a page of ours: a link that somebody sent must not change the pages that come after.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        customs = asked_customs(request)
        with speaking(customs.tag):
            response = get_response(request)
        patch_vary_headers(response, ["Accept-Language"])
        response.headers.setdefault("Content-Language", customs.tag)
        if find_customs(request.GET.get("lang", "")) and is_from_our_page(request):
            remember_language(response, customs.tag)
        return response

    return middleware


def has_chosen_language(request: HttpRequest) -> bool:
    return settings.LANGUAGE_COOKIE_NAME in request.COOKIES


def remember_language(response: HttpResponse, tag: str) -> None:
    """Set the language cookie, without the country: the browser's header knows that better."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        customs_of(tag).language,
        max_age=YEAR_IN_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
