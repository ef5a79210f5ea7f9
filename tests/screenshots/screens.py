"""The screens worth a picture: address, viewer, preparations and actions of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from django.template.loader import render_to_string
from playwright.sync_api import Page, expect

from calendars.models import Occasion
from tests.screenshots import scene as scenery
from tests.screenshots.scene import Scene
from tests.support.pages.screens import send_from_elsewhere

Arrange = Callable[[Scene], None]
Act = Callable[[Page], None]


class Who(Enum):
    CLIENT = "client"
    OWNER = "owner"


@dataclass(frozen=True)
class Screen:
    """A screen to picture.

    `also` lists languages besides English; `whole` is false for what floats over a page.
    """

    address: str
    who: Who
    arrange: Sequence[Arrange]
    before: Act | None
    act: Act | None
    also: Sequence[str]
    whole: bool


def client(
    address: str,
    *arrange: Arrange,
    before: Act | None = None,
    act: Act | None = None,
    also: Sequence[str] = (),
) -> Screen:
    return Screen(address, Who.CLIENT, arrange, before, act, also, whole=True)


def owner(
    address: str,
    *arrange: Arrange,
    act: Act | None = None,
    also: Sequence[str] = (),
    whole: bool = True,
) -> Screen:
    return Screen(address, Who.OWNER, arrange, None, act, also, whole)


def press(name: str) -> Act:
    return lambda page: page.get_by_role("button", name=name).first.click()


def fill_in(**fields: str) -> Act:
    def act(page: Page) -> None:
        for name, text in fields.items():
            page.locator(f"[name={name}]").fill(text)

    return act


def in_turn(*acts: Act) -> Act:
    def act(page: Page) -> None:
        for each in acts:
            each(page)

    return act


def open_menu(page: Page) -> None:
    page.get_by_role("button", name="More actions for Discovery call").click()


def open_share(page: Page) -> None:
    open_menu(page)
    page.get_by_role("menuitem", name="Share").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def open_tab(name: str, button: str = "") -> Act:
    def act(page: Page) -> None:
        open_share(page)
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("link", name=name).click()
        expect(dialog.locator("[aria-current=page]")).to_have_text(name)
        if button:
            dialog.get_by_role("button", name=button).click()
            expect(dialog.get_by_label("Your new link")).to_be_visible()

    return act


def open_embed_code(page: Page) -> None:
    open_tab("Embed Code")(page)
    preview = page.frame_locator(".share__preview")
    expect(preview.get_by_role("table")).to_be_visible()


def open_languages(page: Page) -> None:
    page.locator(".languages summary").click()


def stay_offline(page: Page) -> None:
    page.route("**/*day=*", lambda route: route.abort())
    page.locator("td a:not([aria-current])").first.click()


def answer_with(template: str, status: int, **context: str) -> Act:
    """Make the server answer with an error page."""

    def before(page: Page) -> None:
        page.route(
            "**/broken/",
            lambda route: route.fulfill(
                body=render_to_string(template, context), status=status, content_type="text/html"
            ),
        )

    return before


BOOK, LINK, EDIT = "/book/discovery-call/", "/l/{acme.token}/", "/calendars/discovery-call"
AT = "?at=2026-11-12T09:30Z"
MANAGE = "/manage/{booking.manage_token}/"
LATE = "It will work again in 4 minutes."

SCREENS = {
    # The client's pages
    "booking-page": client(BOOK, also=["ar", "de", "ja"]),
    "booking-page-by-link": client(LINK),
    "booking-page-other-day": client(BOOK, act=lambda page: page.locator("td a").last.click()),
    "booking-page-zone": client(f"{BOOK}?change=zone", also=["ar"]),
    "booking-page-languages": client(BOOK, act=open_languages),
    "booking-page-offline": client(BOOK, act=stay_offline),
    "booking-page-nothing-this-month": client(f"{BOOK}?month=2026-11", scenery.close_november),
    "booking-page-nothing-at-all": client(BOOK, scenery.take_all_hours_away),
    "booking-page-paused": client(BOOK, scenery.pause, also=["ar"]),
    "booking-form": client(f"{LINK}{AT}", scenery.ask_questions, also=["ar"]),
    "booking-form-errors": client(
        f"{LINK}{AT}", scenery.ask_questions, act=press("Confirm booking")
    ),
    "booking-form-slot-gone": client(f"{LINK}?at=2026-11-10T03:00Z"),
    "sent-from-elsewhere": client(BOOK, act=send_from_elsewhere),
    "embed": client(f"{BOOK}embed/"),
    "confirmation": client(MANAGE, also=["ar"]),
    "confirmation-cancelled": client(MANAGE, scenery.cancel),
    "manage-reschedule": client(f"{MANAGE}reschedule/"),
    "manage-reschedule-form": client(f"{MANAGE}reschedule/{AT}"),
    "manage-cancel": client(f"{MANAGE}cancellation/"),
    "dead-link-used": client("/l/{used.token}/", also=["ar"]),
    "dead-link-expired": client("/l/{expired.token}/"),
    "dead-link-revoked": client("/l/{revoked.token}/"),
    "dead-link-asked": client(
        "/l/{used.token}/",
        act=in_turn(fill_in(name="Jo Berg"), press("Ask for a new link")),
    ),
    # Sign-in, sign-up and error pages
    "sign-in": client("/sign-in/", also=["ar"]),
    "sign-in-refused": client(
        "/sign-in/",
        act=in_turn(fill_in(username="dana@example.com", password="wrong"), press("Sign in")),
    ),
    "sign-up": client("/sign-up/", scenery.open_sign_up),
    "password-reset": client("/password-reset/"),
    "password-reset-sent": client("/password-reset/sent/"),
    "password-reset-form": client("{reset}"),
    "password-reset-spent": client("/password-reset/MQ/abc-def/"),
    "error-400": client("/broken/", before=answer_with("400.html", 400)),
    "error-403": client("/broken/", before=answer_with("403.html", 403)),
    "error-403-outdated": client("/broken/", before=answer_with("403_csrf.html", 403)),
    "error-404": client("/no-such-page/", also=["ar"]),
    "error-429": client("/broken/", before=answer_with("429.html", 429, refusal=LATE)),
    "error-500": client("/broken/", before=answer_with("500.html", 500)),
    "error-503": client("/broken/", before=answer_with("503.html", 503, address="/")),
    # The owner's calendars
    "calendars": owner("/calendars/", scenery.request_link, also=["ar"]),
    "calendars-menu": owner("/calendars/", act=open_menu, whole=False),
    "calendars-none": owner("/calendars/", scenery.be_a_newcomer),
    "calendar-new": owner("/calendars/new/"),
    "calendar-delete": owner(f"{EDIT}/delete/"),
    "share-scheduling-link": owner("/calendars/", act=open_share, whole=False),
    "share-one-time-link": owner(
        "/calendars/", act=open_tab("One Time Link", "Generate New Link"), whole=False
    ),
    "share-embed-code": owner("/calendars/", act=open_embed_code, whole=False),
    "share-without-script": owner(f"{EDIT}/share/"),
    "edit-meeting-details": owner(f"{EDIT}/meeting-details/", also=["ar"]),
    "edit-availability": owner(f"{EDIT}/availability/", scenery.override_dates),
    "edit-availability-dates": owner(f"{EDIT}/availability/overrides/new/"),
    "edit-availability-date": owner(
        f"{EDIT}/availability/overrides/2026-12-31/", scenery.override_dates
    ),
    "edit-booking-rules": owner(f"{EDIT}/booking-rules/"),
    "edit-booking-rules-errors": owner(
        f"{EDIT}/booking-rules/",
        act=in_turn(fill_in(duration_minutes="1"), press("Save")),
    ),
    "edit-booking-form": owner(f"{EDIT}/booking-form/", scenery.ask_questions),
    "edit-notifications": owner(f"{EDIT}/notifications/"),
    "one-time-links": owner(f"{EDIT}/one-time-links/?new", scenery.request_link, also=["ar"]),
    "one-time-links-undo": owner(f"{EDIT}/one-time-links/", scenery.revoke),
    "one-time-links-all": owner(f"{EDIT}/one-time-links/?show=all"),
    "one-time-links-none": owner("/calendars/onboarding/one-time-links/"),
    "one-time-links-edit": owner(f"{EDIT}/one-time-links/{{acme.pk}}/"),
    # The owner's bookings
    "bookings": owner("/bookings/", also=["ar"]),
    "bookings-none": owner("/bookings/", scenery.be_a_newcomer),
    "bookings-new": owner("/bookings/new/"),
    "bookings-week": owner("/bookings/week/", scenery.take_time_off),
    "bookings-month": owner("/bookings/month/", scenery.take_time_off),
    "bookings-time-off": owner("/bookings/time-off/", scenery.take_time_off),
    "bookings-time-off-none": owner("/bookings/time-off/"),
    "bookings-time-off-new": owner("/bookings/time-off/new/"),
    "bookings-time-off-edit": owner("/bookings/time-off/{time_off.pk}/", scenery.take_time_off),
    "bookings-subscribe": owner("/bookings/feed/", scenery.subscribe),
    "booking": owner("/bookings/{booking.pk}/", scenery.ask_questions, scenery.fail_mail),
    "booking-cancelled": owner("/bookings/{booking.pk}/", scenery.cancel),
    "booking-new-link": owner("/bookings/{booking.pk}/", scenery.send_a_new_link),
    "booking-reschedule": owner("/bookings/{booking.pk}/reschedule/"),
    "booking-cancel": owner("/bookings/{booking.pk}/cancellation/"),
    "emails": owner("/mail/", scenery.deliver),
    "email": owner("/mail/{letters[0]}/", scenery.deliver),
    "email-html-first": owner("/mail/{letters[0]}/html/", scenery.deliver),
    "email-html-second": owner("/mail/{letters[1]}/html/", scenery.deliver),
    "email-html-rescheduled": owner(
        "/mail/{letters[1]}/html/", scenery.send_tests(Occasion.RESCHEDULED)
    ),
    "email-html-reminder": owner("/mail/{letters[0]}/html/", scenery.send_tests(Occasion.REMINDER)),
    "email-html-cancelled": owner("/mail/{letters[1]}/html/", scenery.cancel, scenery.deliver),
    "profile": owner("/profile/"),
    "profile-password": owner("/profile/password/"),
    "styleguide": owner("/styleguide/", scenery.debug),
    "admin": owner("/admin/", scenery.be_staff),
    "admin-list": owner("/admin/onetime_links/onetimelink/", scenery.be_staff),
    "admin-record": owner("/admin/calendars/calendar/{calendar.pk}/change/", scenery.be_staff),
}
