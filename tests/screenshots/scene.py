"""The world of the pictures: the demo and what it lacks. Functions change it for a screen."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from booking.acts.cancel import cancel_booking
from booking.acts.replace_link import replace_link
from booking.delivery.mail.kind import BookingMails
from booking.delivery.mail.samples import send_samples
from booking.management.commands.demo import EMAIL, fill
from booking.models import Booking, Party, TimeOff
from booking.owner.feed import open_feed
from booking.times.time_off import add_time_off
from calendars.models import Calendar, Occasion, Owner
from calendars.outbox.mailbox import BACKEND, folder_of, names_in
from calendars.outbox.postman import Postman
from calendars.rules import replace_overrides
from calendars.schedule import Hours
from onetime_links.links import revoke_link
from onetime_links.models import OneTimeLink
from onetime_links.requests import ask_for_link
from tests.support.booking.delivering import deliver_all
from tests.support.pages.parsing import reset_address
from tests.support.world.factories import MailFactory, OwnerFactory

# A Monday, 9:20 in Berlin
NOW = datetime(2026, 11, 9, 8, 20, tzinfo=UTC)
QUESTIONS = [
    {"label": "What is it about?", "kind": "long", "required": True},
    {"label": "Phone", "kind": "text", "required": False},
]


@dataclass
class Scene:
    """Objects whose names the addresses of the screens use, such as `/l/{acme.token}/`."""

    settings: Any  # undone afterwards
    owner: Owner
    calendar: Calendar
    acme: OneTimeLink
    used: OneTimeLink
    expired: OneTimeLink
    revoked: OneTimeLink
    booking: Booking
    reset: str
    time_off: TimeOff | None = None
    letters: list[str] = field(default_factory=list)


def make_scene(settings: Any, folder: Path) -> Scene:
    """Make the scene; emails that are sent go to `folder`."""
    settings.EMAIL_FILE_PATH = str(folder)
    usual, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, BACKEND
    fill("a long enough pass phrase", now=NOW)
    # Otherwise every page would tell the owner that no mail server is set up.
    settings.EMAIL_BACKEND = usual
    links = {link.note: link for link in OneTimeLink.objects.all()}
    owner = Owner.objects.get(email=EMAIL)
    booking = Booking.objects.select_related("calendar__owner").get(client_name="Jo Berg")
    return Scene(
        settings=settings,
        owner=owner,
        calendar=booking.calendar,
        acme=links["Acme, Ms Ito"],
        used=links["Beta GmbH"],
        expired=links["Spring campaign"],
        revoked=links["Sent to the wrong address"],
        booking=booking,
        reset=reset_address(owner),
    )


def pause(scene: Scene) -> None:
    Calendar.objects.update(paused_at=NOW)


def ask_questions(scene: Scene) -> None:
    Calendar.objects.update(questions=QUESTIONS)


def take_all_hours_away(scene: Scene) -> None:
    scene.calendar.weekly_hours.all().delete()


def close_november(scene: Scene) -> None:
    dates = [NOW.date() + timedelta(days=n) for n in range(22)]
    replace_overrides(calendar=scene.calendar, dates=dates, hours=[], now=NOW)


def override_dates(scene: Scene) -> None:
    christmas = [NOW.date() + timedelta(days=n) for n in (45, 46, 47)]
    replace_overrides(calendar=scene.calendar, dates=christmas, hours=[], now=NOW)
    replace_overrides(
        calendar=scene.calendar,
        dates=[NOW.date() + timedelta(days=52)],
        hours=[Hours(600, 780)],
        now=NOW,
    )


def revoke(scene: Scene) -> None:
    revoke_link(link=scene.acme, now=timezone.now())


def request_link(scene: Scene) -> None:
    ask_for_link(link=scene.used, name="Jo Berg", word="We’d like a second talk.", now=NOW)


def cancel(scene: Scene) -> None:
    cancel_booking(booking=scene.booking, by=Party.CLIENT, now=NOW, message="I have fallen ill.")


def send_a_new_link(scene: Scene) -> None:
    cancel(scene)
    replace_link(booking=scene.booking, now=timezone.now())


def take_time_off(scene: Scene) -> None:
    midnight = NOW.replace(hour=23, minute=0)
    for note, after, length in (("Dentist", 1, 1), ("Conference", 9, 3)):
        scene.time_off = add_time_off(
            host=scene.owner,
            starts_at=midnight + timedelta(days=after),
            ends_at=midnight + timedelta(days=after + length),
            note=note,
            now=NOW,
        )


def subscribe(scene: Scene) -> None:
    open_feed(owner=scene.owner)


def deliver(scene: Scene) -> None:
    scene.settings.EMAIL_BACKEND = BACKEND
    deliver_all(BookingMails(Postman()))
    list_letters(scene)


def send_tests(occasion: Occasion) -> Callable[[Scene], None]:
    def arrange(scene: Scene) -> None:
        scene.settings.EMAIL_BACKEND = BACKEND
        send_samples(scene.calendar, occasion, now=NOW)
        list_letters(scene)

    return arrange


def list_letters(scene: Scene) -> None:
    """List the owner's letters, the newest first."""
    scene.letters[:] = names_in(folder_of(scene.owner.pk))


def fail_mail(scene: Scene) -> None:
    MailFactory.create(booking=scene.booking, failed_at=NOW, error="No such mailbox here.")


def be_a_newcomer(scene: Scene) -> None:
    scene.owner = OwnerFactory.create(email="new@example.com", display_name="Noa New")


def be_staff(scene: Scene) -> None:
    Owner.objects.filter(pk=scene.owner.pk).update(is_staff=True, is_superuser=True)


def open_sign_up(scene: Scene) -> None:
    scene.settings.SIGN_UP_OPEN = True


def debug(scene: Scene) -> None:
    scene.settings.DEBUG = True
