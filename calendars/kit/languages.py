"""Which language somebody reads, and by whose customs they write dates and times."""

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

T = TypeVar("T")
GetResponse = Callable[[HttpRequest], HttpResponse]

YEAR_IN_SECONDS = 365 * 24 * 3600
# For each language of the interface, the customs (names of the CLDR) that differ in what we show.
# The first is for who names no country, or one that is not here: a browser may send any of
# hundreds, and each would stay in memory.
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
    """Babel's, with data of its own, and only what is wanted of it.

    What Babel's own finds by an alias it writes back, into data that other locales inherit: once
    somebody has read a Japanese month, some Austrian ones are Japanese (its issue 1234).
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
    """How one country writes one language; `tag` is the name of both, such as "de-AT"."""

    language: str
    tag: str

    @cached_property
    def locale(self) -> Locale:
        return OwnLocale.parse(self.tag, sep="-")

    @cached_property
    def clock(self) -> str:
        """Whether its clocks go to "12" or to "24"."""
        return "12" if {"h", "K"} & set(self.locale.time_formats["short"].pattern) else "24"

    @property
    def first_weekday(self) -> int:
        """On what day its weeks begin; Monday is 0."""
        return self.locale.first_week_day


_current: ContextVar[Customs | None] = ContextVar("customs", default=None)


def current_customs() -> Customs:
    """Those of the active language, of the reader's country if that is known."""
    customs, language = _current.get(), translation.get_language() or settings.LANGUAGE_CODE
    return customs if customs and customs.language == language else customs_of(language)


@contextmanager
def speaking(tag: str) -> Iterator[None]:
    """Within it, everything is in the language that `tag` names, by the customs of its country."""
    customs = customs_of(tag)
    token = _current.set(customs)
    try:
        with translation.override(customs.language):
            yield
    finally:
        _current.reset(token)


def each_speaking(tag: str, pieces: Iterable[T]) -> Iterator[T]:
    """As `pieces`, each made in that language: an answer that streams is made after its request,
    when the thread speaks another."""
    pieces, nothing = iter(pieces), object()
    while True:
        with speaking(tag):
            piece = next(pieces, nothing)
        if piece is nothing:
            return
        yield cast(T, piece)


@lru_cache(maxsize=1024)
def customs_of(tag: str) -> Customs:
    """The nearest that there are, by a name such as "de-AT", "de" or "pt-br"."""
    return find_customs(tag) or customs_of(settings.LANGUAGE_CODE)


@lru_cache(maxsize=1024)
def find_customs(tag: str) -> Customs | None:
    """As `customs_of`; None if the language is not spoken here."""
    try:
        language = get_supported_language_variant(tag.lower())
    except LookupError:
        return None
    country = tag.partition("-")[2][-2:].upper()
    tags = CUSTOMS[language]
    return Customs(language, next((each for each in tags if each.endswith(country)), tags[0]))


def asked_customs(request: HttpRequest) -> Customs:
    """By the address's `lang`, else the cookie's, else what the browser prefers."""
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
            # Of a language alone, as the switch has it, the browser may know the country.
            alike = (each for each in accepted if each.language == customs.language)
            return next(alike, customs) if tag in CUSTOMS else customs
    return accepted[0] if accepted else customs_of(settings.LANGUAGE_CODE)


def language_choices(own: Customs) -> list[tuple[str, str]]:
    """The languages by their own names, each with a tag: of the customs `own`, or the reader's, if
    they are of that language."""
    tags = {each.language: each.tag for each in (current_customs(), own)}
    return [(tags.get(code, CUSTOMS[code][0]), name) for code, name in settings.LANGUAGES]


def speak(get_response: GetResponse) -> GetResponse:
    """Answers in the reader's language, and remembers one that was chosen."""

    def middleware(request: HttpRequest) -> HttpResponse:
        customs = asked_customs(request)
        with speaking(customs.tag):
            response = get_response(request)
        patch_vary_headers(response, ["Accept-Language"])
        response.headers.setdefault("Content-Language", customs.tag)
        if find_customs(request.GET.get("lang", "")):
            remember_language(response, customs.tag)
        return response

    return middleware


def has_chosen_language(request: HttpRequest) -> bool:
    return settings.LANGUAGE_COOKIE_NAME in request.COOKIES


def remember_language(response: HttpResponse, tag: str) -> None:
    """Until another is chosen. Without the country: of that the browser knows more."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        customs_of(tag).language,
        max_age=YEAR_IN_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
