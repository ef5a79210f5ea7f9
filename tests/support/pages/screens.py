"""Every page in every state, and how to get there."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override
from playwright.sync_api import Page, expect

from booking.models import Party
from calendars.accounts.confirmation import make_confirmation_token
from calendars.models import Calendar, Occasion, Owner
from tests.support.pages.browser import sign_in
from tests.support.world.conditions import SECTION, World
from tests.support.world.factories import BookingFactory, OneTimeLinkFactory

# A step leads from one state of a page to another.
Step = Callable[[Page], None]


@dataclass(frozen=True)
class Screen:
    """A state of a page, which is reached once the selector `shows` is visible.

    `act` leads to it from `path`, in which names in braces stand for the world's addresses.
    """

    name: str
    path: str
    shows: str
    act: Step | None = None
    who: str = "client"
    is_main: bool = False

    def open(self, page: Page, world: World) -> None:
        if self.who != "client":
            sign_in(page, world.owner(self.who))
        page.goto(self.path.format(**world.addresses))
        if self.act:
            self.act(page)
        expect(page.locator(self.shows).first).to_be_visible()
        # A dialog's frame, a picture or an answer to htmx may still be loading.
        page.wait_for_load_state("networkidle")


# Steps that lead to a state


def press(selector: str) -> Step:
    return lambda page: page.locator(f"{selector} >> visible=true").first.click()


def submit_emptied(page: Page) -> None:
    """Send the page's form with all its texts emptied."""
    for box in page.locator("main form :is(input[type=text], input[type=email], textarea)").all():
        if box.is_visible():
            box.fill("")
    press("main form :is(.button--primary, .actions .button--danger)")(page)


def lose_the_slot(page: Page) -> None:
    """Fill in the form for a slot that another client books in the meantime."""
    press(".times .slots a")(page)
    time = page.locator("#form-heading time")
    starts_at = datetime.fromisoformat(time.get_attribute("datetime") or "").astimezone(UTC)
    BookingFactory.create(calendar=Calendar.objects.get(slug="discovery-call"), starts_at=starts_at)
    page.locator("input[name=name]").fill("Cleo Client")
    page.locator("input[name=email]").fill("cleo@example.com")
    for box in page.locator(".details textarea").all():
        box.fill("Tables")
    page.locator(".details input[type=checkbox]").check()
    press(".button--primary")(page)


def spoil_hours(page: Page) -> None:
    page.locator(".day input >> visible=true").first.fill("nonsense")
    press("main form .button--primary")(page)


def type_in(selector: str, text: str) -> Step:
    """Return a step that types the text into a field and sends the page's form."""

    def send(page: Page) -> None:
        page.locator(selector).fill(text)
        press("main form .button--primary")(page)

    return send


def save_signed_out(page: Page) -> None:
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    press("main form .button--primary")(page)


def send_from_elsewhere(page: Page) -> None:
    """Send the booking form of the open page from a page of another site."""
    address = f"{page.url}bookings/"
    page.goto("about:blank")
    page.set_content(f'<form action="{address}" method="post"><button>Book</button></form>')
    press("button")(page)


def send_test(occasion: Occasion) -> Step:
    def send(page: Page) -> None:
        page.locator("#id_test_occasion").select_option(occasion)
        press("button[name=test]")(page)
        page.locator(".message").first.wait_for()

    return send


def open_letters(page: Page) -> None:
    send_test(Occasion.BOOKED)(page)
    page.goto("/mail/")


def open_letter(page: Page) -> None:
    open_letters(page)
    press(".row__link")(page)


def want_email(email: str | None = None) -> Step:
    """Return a step that has the owner confirm this email, or their own, and shows the page."""

    def want(page: Page) -> None:
        olive = Owner.objects.filter(display_name="Olive Owner")
        olive.update(unconfirmed_email=email or F("email"))
        page.reload()

    return want


def open_confirmation(page: Page) -> None:
    want_email()(page)
    token = make_confirmation_token(Owner.objects.get(display_name="Olive Owner"))
    page.goto(f"/confirm-email/{token}/")


def letter_to(reader: Party, occasion: Occasion) -> Step:
    """Return a step that shows the email as a page: in its frame, no script of a test may run."""

    def show(page: Page) -> None:
        send_test(occasion)(page)
        page.goto("/mail/")
        # The newest email comes first, and of a pair the one to the owner.
        letter = page.locator(".row__link").nth(int(reader == Party.CLIENT))
        html = page.request.get(f"{letter.get_attribute('href')}html/").text()
        # axe asks for a landmark, which a mail program brings in real use.
        body = re.compile("(<body.*?>)(.*)(</body>)", re.DOTALL)
        show_instead(page, body.sub(r'\1<div role="main">\2</div>\3', html))

    return show


def go_offline(page: Page) -> None:
    page.route(re.compile("/bookings/"), lambda route: route.abort())
    press(".details .button--primary")(page)


def show_cleo(page: Page) -> None:
    type_in("#id_email", "cleo@example.com")(page)


def show_who_was_there(page: Page) -> None:
    """Show what is held of a client of a past booking, who came by a link with a note."""
    calendar = Calendar.objects.get(slug="discovery-call")
    starts_at = timezone.now() - timedelta(days=20)
    link = OneTimeLinkFactory.create(calendar=calendar, note="Acme", created_at=starts_at)
    BookingFactory.create(
        calendar=calendar, one_time_link=link, starts_at=starts_at, client_email="mo@example.com"
    )
    type_in("#id_email", "mo@example.com")(page)


def erase_who_was_there(page: Page) -> None:
    show_who_was_there(page)
    press("main .button--danger")(page)


def open_share(page: Page) -> None:
    press(f"[popovertarget=more-{Calendar.objects.get(slug='discovery-call').pk}]")(page)
    press("[popover] a[hx-get]")(page)
    page.locator("#share").wait_for()


def share_a_new_link(page: Page) -> None:
    open_share(page)
    press("#tab-one-time-link")(page)
    press("#generate-new-link button")(page)


def embed_code(page: Page) -> None:
    open_share(page)
    press("#tab-embed-code")(page)


def error_page(template: str) -> Step:
    """Return a step that replaces the open page by the one that the server shows in trouble."""

    def show(page: Page) -> None:
        language = page.evaluate("navigator.language")
        with override(language.split("-")[0]):
            body = render_to_string(template, {"refusal": "Too many.", "address": "/"})
        show_instead(page, body)

    return show


def show_instead(page: Page, html: str) -> None:
    page.route("**/sign-in/?instead", lambda route: route.fulfill(body=html))
    page.goto("/sign-in/?instead")


PUBLIC = "/book/discovery-call/"
CALL = "/calendars/discovery-call/"
CLIENT_DATA = "/bookings/client-data/"
NOTIFICATIONS = f"{CALL}notifications/"
ERRORS = ".error-summary"


def client(name: str, path: str, shows: str, act: Step | None = None, **more: Any) -> Screen:
    return Screen(name, path, shows, act, **more)


def owner(name: str, path: str, shows: str, act: Step | None = None, **more: Any) -> Screen:
    return Screen(name, path, shows, act, **{"who": "olive", **more})


SCREENS = (
    # The client's pages
    client("public page", PUBLIC, ".times .slots a", is_main=True),
    client("one-time link", "{link}", ".times .slots a"),
    client("next month", PUBLIC, "#month-heading:focus", press("a[rel=next]")),
    client("a day", PUBLIC, "#times-heading:focus", press("td a")),
    client("twelve hours", f"{PUBLIC}?clock=12", ".times .slots a"),
    client("languages", PUBLIC, ".languages ul", press(".languages summary")),
    client("choosing a zone", f"{PUBLIC}?change=zone", "#zone-field"),
    client("unknown zone", f"{PUBLIC}?tz=Atlantis", "#zone-error"),
    client("slot not free", f"{PUBLIC}?at=2026-01-01T10:00Z", "#notice"),
    client("nothing free this month", "/book/full/?month={month}", ".times .button"),
    client("nothing free at all", "/book/closed/", "#times-heading"),
    client("paused", "/book/paused/", ".plain h2"),
    client("paused, by a link", "{paused-link}", ".plain h2"),
    client("no longer offered", "{gone-link}", ".plain h1"),
    client("form", f"{PUBLIC}?at={{at}}", "input[name=name]", is_main=True),
    client("form errors", f"{PUBLIC}?at={{at}}", ".notice:focus", submit_emptied, is_main=True),
    client("slot gone", "{link}", ".slots--fresh", lose_the_slot),
    client("offline", f"{PUBLIC}?at={{at}}", "#notice", go_offline),
    client("used", "{used}", ".ask", is_main=True),
    client("expired", "{expired}", ".ask"),
    client("revoked", "{revoked}", ".ask"),
    client("asked without a name", "{revoked}", ".notice:focus", submit_emptied),
    client("asked", "{asked}", ".notice"),
    client("unknown link", "/l/0000000000000000000000/", "h1"),
    client("unknown calendar", "/book/nothing/", "h1"),
    client("throttled booking", "{throttled-link}?at={at}", ".notice", submit_emptied),
    client("throttled request", "{throttled-revoked}", ".notice", submit_emptied),
    client("throttled reschedule", "{throttled}reschedule/?at={at}", ".notice", submit_emptied),
    client("throttled cancellation", "{throttled}cancellation/", ".notice", submit_emptied),
    client("sent from elsewhere", PUBLIC, ".plain h1", send_from_elsewhere),
    client("embedded", f"{PUBLIC}embed/", ".times .slots a"),
    client("embedded confirmation", f"{PUBLIC}embed/bookings/{{moved-token}}/", ".confirmation"),
    client("booked", "{upcoming}", ".tick", is_main=True),
    client("moved", "{moved}", "blockquote"),
    client("cancelled", "{cancelled}", ".confirmation"),
    client("over", "{over}", ".confirmation"),
    client("rescheduling", "{upcoming}reschedule/", ".times .slots a"),
    client("new time", "{upcoming}reschedule/?at={at}", ".details textarea"),
    client("cancelling", "{upcoming}cancellation/", ".plain textarea"),
    # Pages of people who are not signed in
    client("sign-in", "/sign-in/", "#id_username", is_main=True),
    client("sign-in errors", "/sign-in/", ERRORS, submit_emptied),
    client("sign-up", "/sign-up/", "#id_email"),
    client("sign-up errors", "/sign-up/", ERRORS, submit_emptied),
    client("password reset", "/password-reset/", "#id_email"),
    client("password reset sent", "/password-reset/sent/", "h1"),
    client("new password", "{reset}", "#id_new_password1"),
    client("new password errors", "{reset}", ERRORS, submit_emptied),
    client("spent reset", "/password-reset/MQ/abc-def/", "h1"),
    client("not found", "/nothing/", "h1", is_main=True),
    *(
        client(f"error {name}", "/sign-in/", ".page--error h1", error_page(f"{name}.html"))
        for name in ("400", "403", "403_csrf", "429", "500", "503")
    ),
    # The owner's pages
    owner("calendars", "/calendars/", ".rows", is_main=True),
    owner("no calendars", "/calendars/", ".empty", who="nemo"),
    owner("menu of a calendar", "/calendars/", "[popover]:popover-open", press(".row__more")),
    owner("menu of the account", "/calendars/", "#account-menu", press(".account-button")),
    owner("share dialog", "/calendars/", "dialog .share__qr", open_share, is_main=True),
    owner("new link in the dialog", "/calendars/", "dialog #new-link", share_a_new_link),
    owner("embed code in the dialog", "/calendars/", "dialog iframe", embed_code),
    owner("share", f"{CALL}share/", ".share__qr"),
    owner("share a link", f"{CALL}share/one-time-link/", "#generate-new-link"),
    owner("share embed code", f"{CALL}share/embed/", "iframe"),
    owner("share paused", "/calendars/paused/share/", ".message--warning"),
    owner("new calendar", "/calendars/new/", "#id_name"),
    owner("new calendar errors", "/calendars/new/", ERRORS, submit_emptied),
    owner("meeting details", f"{CALL}meeting-details/", "#id_name"),
    owner(
        "meeting details errors", f"{CALL}meeting-details/", ERRORS, submit_emptied, is_main=True
    ),
    owner(
        "meeting details saved",
        f"{CALL}meeting-details/",
        ".message",
        press("main form .button--primary"),
    ),
    owner("signed out", f"{CALL}meeting-details/", "#id_username", save_signed_out, is_main=True),
    owner("availability", f"{CALL}availability/", ".day", is_main=True),
    owner("availability errors", f"{CALL}availability/", ERRORS, spoil_hours),
    owner("copying hours", f"{CALL}availability/", ".check--menu", press("[popovertarget^=copy-]")),
    owner("overrides", "/calendars/full/availability/", ".rows"),
    owner("new override", f"{CALL}availability/overrides/new/", "main form.card"),
    owner("new override errors", f"{CALL}availability/overrides/new/", ERRORS, submit_emptied),
    owner("override", "{override}", "main form.card"),
    owner("booking rules", f"{CALL}booking-rules/", "#id_duration_minutes"),
    owner(
        "booking rules errors",
        f"{CALL}booking-rules/",
        ERRORS,
        type_in("#id_duration_minutes", "1"),
    ),
    owner("booking form", f"{CALL}booking-form/", ".question__fields"),
    owner("booking form errors", f"{CALL}booking-form/", ERRORS, submit_emptied),
    owner("notifications", NOTIFICATIONS, "main form"),
    owner(
        "notifications errors",
        NOTIFICATIONS,
        ERRORS,
        type_in("[name='reminder_minutes:0']", "9999"),
    ),
    owner("test of an email", NOTIFICATIONS, ".message--warning", send_test(Occasion.BOOKED)),
    owner("no links", "/calendars/full/one-time-links/?show=expired", "main"),
    owner("links", SECTION, ".link-row", is_main=True),
    owner("all links", f"{SECTION}?show=all", ".link-row"),
    owner("no such link", f"{SECTION}?q=nothing", ".link-list__none"),
    owner("new link", f"{SECTION}?new", ".links-form"),
    owner("new link made", f"{SECTION}?new", "#made", press(".links-form .button--primary")),
    owner("edit link", "{edit-link}", ".links-edit"),
    owner("delete", "/calendars/closed/delete/", "main form.card"),
    owner("delete errors", "/calendars/closed/delete/", ERRORS, submit_emptied),
    owner("delete refused", f"{CALL}delete/", ".booking-day"),
    owner("bookings", "/bookings/", ".booking-row", is_main=True),
    owner("past bookings", "/bookings/?show=past", ".booking-row"),
    owner("cancelled bookings", "/bookings/?show=cancelled", ".booking-row"),
    owner("no bookings", "/bookings/", ".empty", who="nemo"),
    owner("nothing found", "/bookings/?q=nothing", ".empty"),
    owner("booking", "{upcoming-row}", "h1"),
    owner("moved booking", "{moved-row}", "h1"),
    owner("cancelled booking", "{cancelled-row}", "h1"),
    owner("past booking", "{over-row}", "h1"),
    owner("missed booking", "{missed-row}", "h1"),
    owner("booking with a failed email", "{troubled-row}", ".mail-trouble"),
    owner("booking whose link may be replaced", "{replaceable-row}", ".card--offer"),
    owner("booking whose link is replaced", "{replaced-row}", "#new-link"),
    owner("reschedule", "{upcoming-row}reschedule/", "#free-times"),
    owner("cancel", "{upcoming-row}cancellation/", ".booking-message"),
    owner("new booking", "/bookings/new/", "#free-times"),
    owner("new booking errors", "/bookings/new/", ERRORS, submit_emptied),
    owner("new booking without calendar", "/bookings/new/", "main", who="nemo"),
    owner("week", "/bookings/week/?day={day}", ".slip"),
    owner("month", "/bookings/month/?day={day}", ".slip"),
    owner("time off", "/bookings/time-off/", ".rows"),
    owner("no time off", "/bookings/time-off/", ".empty", who="nemo"),
    owner("new time off", "/bookings/time-off/new/", "main form"),
    owner("new time off errors", "/bookings/time-off/new/", ERRORS, submit_emptied),
    owner("existing time off", "{time-off}", "main form"),
    owner("client's data", CLIENT_DATA, "#id_email"),
    owner("client's data errors", CLIENT_DATA, ERRORS, submit_emptied),
    owner("no client's data", CLIENT_DATA, ".empty", type_in("#id_email", "nobody@example.com")),
    owner("data of an expected client", CLIENT_DATA, ".held", show_cleo, is_main=True),
    owner("data that may be erased", CLIENT_DATA, "[name=clear_notes]", show_who_was_there),
    owner("data erased", CLIENT_DATA, ".message", erase_who_was_there),
    owner("subscription", "/bookings/feed/", "#feed-url"),
    owner("no subscription", "/bookings/feed/", "main form", who="nemo"),
    owner("no emails", "/mail/", ".empty", who="nemo"),
    owner("emails", NOTIFICATIONS, ".rows", open_letters),
    owner("email", NOTIFICATIONS, ".letter-text", open_letter),
    *(
        owner(
            f"{occasion} email to the {reader}",
            NOTIFICATIONS,
            "h1",
            letter_to(reader, occasion),
        )
        for occasion in Occasion
        for reader in Party
    ),
    owner("profile", "/profile/", "#id_display_name"),
    owner("profile errors", "/profile/", ERRORS, submit_emptied),
    owner("email to confirm", "/profile/", "#confirmation", want_email()),
    owner("another email to confirm", "/profile/", "#confirmation", want_email("new@example.com")),
    owner("link to confirm an email", "/profile/", "main form .button--primary", open_confirmation),
    owner("link that confirms nothing", "/confirm-email/nothing/", "main .button--primary"),
    owner("password", "/profile/password/", "#id_old_password"),
    owner("password errors", "/profile/password/", ERRORS, submit_emptied),
)

# Django's own pages, in our colours
ADMIN = (
    owner("admin", "/admin/", "#content-main"),
    *(
        owner(f"admin, {name}", f"{{admin-{name}}}", "#content-main")
        for model in ("owner", "calendar", "booking", "onetimelink")
        for name in (model, f"{model}s")
    ),
    owner("admin, new group", "/admin/auth/group/add/", "#content-main"),
    owner("admin, new owner", "/admin/calendars/owner/add/", "#content-main"),
    owner("everybody's clients", "/staff/client-data/", "#id_email"),
    owner("admin, mails", "/admin/booking/mail/", "#content-main"),
)
