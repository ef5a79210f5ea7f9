"""Tests of the section Notifications: who gets which email, and the test emails."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail as outbox
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from limits import parse_many
from playwright.sync_api import Page, expect
from pytest_django.asserts import assertContains

from booking.models import Booking, Mail
from calendars.models import Calendar, Occasion
from calendars.outbox import mailbox
from tests.support.booking.delivering import at_message, at_recipient
from tests.support.pages.browser import sign_in
from tests.support.pages.parsing import text_of
from tests.support.pages.untouched import untouched
from tests.support.servers.machine import free_port
from tests.support.servers.smtp import Postbox, smtp_server, use_server
from tests.support.world.factories import CalendarFactory

pytestmark = pytest.mark.django_db
PAGE = "/calendars/discovery-call/notifications/"


def shown(client: Client) -> dict[str, str]:
    """Return the fields that a browser would send if nothing on the page was changed."""
    fields = dict[str, str]()
    for field in client.get(PAGE).context["form"]:
        value = field.value()
        fields[field.html_initial_name] = "" if value is None else str(value)
        if value is not False:
            fields[field.html_name] = fields[field.html_initial_name]
    return fields


def save(client: Client, *unticked: str, **typed: str) -> Any:
    """Save the page with some fields typed over.

    In `typed`, `reminder_0` is the number of the first reminder and `unit_0` its unit.
    """
    return client.post(PAGE, form_of(client, *unticked, **typed))


def form_of(client: Client, *unticked: str, **typed: str) -> dict[str, str]:
    fields = shown(client)
    for name, value in typed.items():
        name = re.sub(r"^reminder_(\d)$", r"reminder_minutes:\1", name)
        name = re.sub(r"^unit_(\d)$", r"reminder_minutes:\1:unit", name)
        fields[name] = value
    return {name: value for name, value in fields.items() if name not in unticked}


# Saving


def test_section_shows_what_is_stored(signed_in: Client, calendar: Calendar) -> None:
    calendar.reminder_minutes = [2880, 90]
    calendar.client_mails, calendar.owner_mails = ["booked"], []
    calendar.save()
    fields = shown(signed_in)
    reminders = [
        (fields[f"reminder_minutes:{index}"], fields[f"reminder_minutes:{index}:unit"])
        for index in range(5)
    ]
    assert reminders == [("2", "days"), ("90", "minutes"), *[("", "hours")] * 3]
    ticked = [name for name in fields if name.startswith(("client_mails", "owner_mails"))]
    assert ticked == ["client_mails:booked"]


def test_boxes_lists_and_the_line_are_saved(signed_in: Client, calendar: Calendar) -> None:
    response = save(
        signed_in,
        "client_mails:rescheduled",
        "owner_mails:cancelled",
        reminder_0="3",
        reminder_1="",
        reminder_2="45",
        unit_2="minutes",
        personal_line="Ring twice.\r\nMind the dog.",
    )
    assert response.headers["Location"] == PAGE
    assertContains(signed_in.get(PAGE), "Notifications saved.")
    calendar.refresh_from_db()
    assert calendar.client_mails == ["booked", "cancelled", "reminder"]
    assert calendar.owner_mails == ["booked", "rescheduled"]
    assert calendar.reminder_minutes == [3 * 1440, 45]
    assert calendar.personal_line == "Ring twice.\r\nMind the dog."


def test_everything_can_be_switched_off(signed_in: Client, calendar: Calendar) -> None:
    boxes = [f"{party}_mails:{value}" for party in ("client", "owner") for value in Occasion.values]
    save(signed_in, *boxes, reminder_0="", reminder_1="")
    calendar.refresh_from_db()
    assert (calendar.client_mails, calendar.owner_mails, calendar.reminder_minutes) == ([], [], [])


def test_older_tab_saves_only_what_was_typed_in_it(signed_in: Client, calendar: Calendar) -> None:
    older = shown(signed_in)
    save(signed_in, "client_mails:booked", reminder_0="2", personal_line="New")
    older.pop("client_mails:cancelled")
    signed_in.post(PAGE, {**older, "owner_mails:reminder": "on"})
    calendar.refresh_from_db()
    assert calendar.client_mails == ["rescheduled", "reminder"]
    assert calendar.owner_mails == list(Occasion.values)
    assert (calendar.reminder_minutes, calendar.personal_line) == ([2 * 1440, 60], "New")


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"reminder_0": "4", "unit_0": "minutes"}, "Between 5 minutes and 30 days."),
        ({"reminder_0": "31", "unit_0": "days"}, "Between 5 minutes and 30 days."),
        ({"reminder_0": "0"}, "At least 1."),
        ({"reminder_0": "99999999999"}, "At most 43200."),
        ({"reminder_0": "soon"}, "Enter a whole number."),
        ({"reminder_2": "60", "unit_2": "minutes"}, "This reminder is there already."),
        ({"unit_0": "years"}, "Select a valid choice."),
        ({"personal_line": "x" * 501}, "at most 500 characters"),
        ({"personal_line": "Two\n\u202elines"}, "Remove invisible characters."),
        ({"test_occasion": "birthday"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    signed_in: Client, calendar: Calendar, typed: dict[str, str], error: str
) -> None:
    response = save(signed_in, "client_mails:booked", **typed)
    assert response.status_code == 422
    assert text_of(response).count(error) == 2  # in the summary, and at the field
    assertContains(response, 'data-guard="unsaved"', status_code=422)
    fresh = Calendar.objects.get(pk=calendar.pk)
    assert (fresh.client_mails, fresh.reminder_minutes) == (list(Occasion.values), [1440, 60])


def test_nothing_at_all_is_no_wish_for_silence(signed_in: Client, calendar: Calendar) -> None:
    assert signed_in.post(PAGE, {}).status_code == 422


def test_stranger_and_nobody_see_and_change_nothing(client: Client, calendar: Calendar) -> None:
    assert client.get(PAGE).headers["Location"].startswith("/sign-in/")
    client.force_login(CalendarFactory.create().owner)
    assert [client.get(PAGE).status_code, client.post(PAGE, {"test": "1"}).status_code] == [404] * 2
    assert outbox.outbox == []


# The test emails


def send_test(client: Client, *unticked: str, **typed: str) -> Any:
    return save(client, *unticked, test="1", **typed)


@pytest.mark.parametrize("occasion", Occasion)
def test_owner_gets_what_client_and_owner_would(
    signed_in: Client, calendar: Calendar, occasion: Occasion
) -> None:
    Calendar.objects.update(
        owner_mails=list(Occasion.values),
        questions=[{"label": "Topic?", "kind": "text", "required": True}],
    )
    response = send_test(signed_in, test_occasion=occasion.value)
    assertContains(response, "Sent to olive@example.com: the email to the client, and your own.")
    client, owner = outbox.outbox
    assert isinstance(client, EmailMultiAlternatives)
    assert client.to == owner.to == ["Olive Owner <olive@example.com>"]
    # No reply may go to the made-up address, and no entry into a calendar.
    assert (client.reply_to, owner.reply_to, client.attachments) == ([], [], [])
    assert [kind for _, kind in client.alternatives] == ["text/html"]
    assert all(each.subject.startswith("Test: ") for each in (client, owner))
    assert all("The booking is made up" in each.body for each in (client, owner))
    assert ("Topic?" in client.body, "Topic?" in owner.body) == (False, True)
    assert not Booking.objects.exists()
    assert not Mail.objects.exists()


def test_test_is_of_what_was_typed_and_saves_nothing(signed_in: Client, calendar: Calendar) -> None:
    response = send_test(signed_in, "owner_mails:booked", personal_line="Ring twice.")
    assertContains(response, "Sent to olive@example.com: the email to the client.")
    assertContains(response, 'data-guard="unsaved"')
    (message,) = outbox.outbox
    assert "Ring twice." in message.body
    calendar.refresh_from_db()
    assert (calendar.personal_line, "booked" in calendar.owner_mails) == ("", True)


@pytest.mark.parametrize(
    ("unticked", "words"),
    [
        (["client_mails:booked"], "Sent to olive@example.com: your own email."),
        (
            ["client_mails:booked", "owner_mails:booked"],
            "Nothing was sent: neither box of this email is ticked.",
        ),
    ],
)
def test_test_follows_the_boxes(
    signed_in: Client, calendar: Calendar, unticked: list[str], words: str
) -> None:
    assertContains(send_test(signed_in, *unticked), words)
    assert len(outbox.outbox) == 2 - len(unticked)


def test_page_with_nothing_typed_over_is_not_unsaved_after_a_test(
    signed_in: Client, calendar: Calendar
) -> None:
    assertContains(send_test(signed_in), 'data-guard=""')


def test_test_reaches_a_real_server(signed_in: Client, calendar: Calendar, settings: Any) -> None:
    with smtp_server() as postbox:
        use_server(settings, postbox.port)
        send_test(signed_in)
    assert [message["To"] for message in postbox.received] == [
        "Olive Owner <olive@example.com>"
    ] * 2


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (at_recipient("550 No such user"), "refuses the recipient: 550 No such user"),
        (at_message("554 Spam"), "refuses the email: 554 Spam"),
        (at_message(Postbox.BREAK_OFF), "broke the connection off."),
        (at_message(Postbox.HANG), "does not answer in time."),
    ],
)
def test_servers_refusal_is_told_in_words(
    signed_in: Client,
    calendar: Calendar,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Postbox], None],
    words: str,
) -> None:
    monkeypatch.setattr("booking.delivery.mail.samples.PATIENCE", 0.5)
    with smtp_server() as postbox:
        spoil(postbox)
        use_server(settings, postbox.port)
        text = text_of(send_test(signed_in, personal_line="Kept"))
    assert f"The test was not sent. The mail server {words}" in text
    assert "Kept" in text


def test_server_that_is_not_there_is_told_in_words(
    signed_in: Client, calendar: Calendar, settings: Any
) -> None:
    use_server(settings, free_port())
    assertContains(send_test(signed_in), "The mail server cannot be reached: Connection refused")


def test_without_a_server_the_test_is_kept_for_the_owner(
    signed_in: Client, calendar: Calendar, settings: Any, tmp_path: Any
) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = mailbox.BACKEND, str(tmp_path)
    assertContains(send_test(signed_in), "The test was kept here, for no mail server is set up.")
    folder = mailbox.folder_of(calendar.owner_id)
    letters = [mailbox.read(folder, name) for name in mailbox.names_in(folder)]
    assert [letter.subject.split(",")[0] for letter in letters if letter] == [
        "Test: Booked: Alex Example",
        "Test: Booked: Discovery call",
    ]


def test_tests_are_limited(signed_in: Client, calendar: Calendar, settings: Any) -> None:
    settings.LIMITS = {**settings.LIMITS, "test_emails_per_owner": parse_many("1 per hour")}
    assert send_test(signed_in).status_code == 200
    refused = send_test(signed_in, personal_line="Kept")
    assert refused.status_code == 429
    assertContains(refused, "Kept", status_code=429)
    assert len(outbox.outbox) == 2


# In a browser


def test_section_works_with_and_without_script(
    new_page: Callable[..., Page], calendar: Calendar
) -> None:
    for has_script in (True, False):
        page = new_page(java_script_enabled=has_script)
        sign_in(page, calendar.owner)
        page.goto(PAGE)
        numbers = page.get_by_role("spinbutton")
        # The two reminders that are filled in, and an empty one.
        expect(numbers).to_have_count(3)
        page.get_by_label("Reminder 3", exact=True).fill("10")
        page.get_by_label("Unit of reminder 3").select_option("minutes")
        expect(numbers).to_have_count(4)
        page.get_by_label("Booked: email to you").uncheck()
        page.get_by_label("Email", exact=True).select_option("Cancelled")
        page.get_by_role("button", name="Send me a test").click()
        expect(page.get_by_role("status").first).to_contain_text("Sent to olive@example.com")
        expect(page.get_by_label("Reminder 3", exact=True)).to_have_value("10")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("status").first).to_have_text("Notifications saved.")
        calendar.refresh_from_db()
        assert calendar.reminder_minutes == [1440, 60, 10]
        assert "booked" not in calendar.owner_mails
        Calendar.objects.update(owner_mails=["booked"], reminder_minutes=[1440, 60])
    assert [message.subject.split(":")[1] for message in outbox.outbox] == [" Cancelled"] * 3


# Two tabs


def reminders(calendar: Calendar) -> list[int]:
    calendar.refresh_from_db()
    return list(calendar.reminder_minutes)


def reminder(fields: dict[str, str], index: int, number: str, unit: str = "") -> dict[str, str]:
    """Return the fields with another reminder at that place."""
    name = f"reminder_minutes:{index}"
    return {**fields, name: number, f"{name}:unit": unit or fields[f"{name}:unit"]}


def test_reminders_changed_and_added_in_two_tabs_are_all_kept(
    signed_in: Client, calendar: Calendar
) -> None:
    older = shown(signed_in)  # a day and an hour before
    signed_in.post(PAGE, reminder(older, 2, "3", "days"))
    signed_in.post(PAGE, reminder(older, 1, "30", "minutes"))
    signed_in.post(PAGE, reminder(older, 2, "2", "hours"))
    assert reminders(calendar) == [3 * 1440, 1440, 120, 30]
    signed_in.post(PAGE, {**older, "personal_line": "New"})
    assert reminders(calendar) == [3 * 1440, 1440, 120, 30]


def test_reminder_changed_in_both_tabs_is_told_and_then_saved(
    signed_in: Client, calendar: Calendar
) -> None:
    older = shown(signed_in)
    signed_in.post(PAGE, reminder(older, 0, "2"))
    refused = signed_in.post(PAGE, reminder(older, 0, "3"))
    assert refused.status_code == 422
    assert "Changed elsewhere meanwhile: it is now “2 days”." in text_of(refused)
    assert reminders(calendar) == [2 * 1440, 60]
    signed_in.post(PAGE, untouched(refused, holding="personal_line"))
    assert reminders(calendar) == [3 * 1440, 60]


@pytest.mark.parametrize(("first", "second"), [("2", ""), ("", "2")])
def test_reminder_removed_in_one_tab_and_changed_in_another_is_told(
    signed_in: Client, calendar: Calendar, first: str, second: str
) -> None:
    older = shown(signed_in)
    signed_in.post(PAGE, reminder(older, 0, first))
    stored = reminders(calendar)
    refused = signed_in.post(PAGE, reminder(older, 0, second))
    assert refused.status_code == 422
    assert "elsewhere meanwhile" in text_of(refused)
    assert reminders(calendar) == stored
    signed_in.post(PAGE, untouched(refused, holding="personal_line"))
    assert reminders(calendar) == ([2 * 1440, 60] if second else [60])


def test_more_reminders_than_are_offered_survive(signed_in: Client, calendar: Calendar) -> None:
    many = [7 * 1440, 6 * 1440, 5 * 1440, 4 * 1440, 3 * 1440, 2 * 1440, 1440]
    Calendar.objects.update(reminder_minutes=many)
    older = shown(signed_in)
    assert signed_in.post(PAGE, {**older, "personal_line": "New"}).status_code == 302
    assert signed_in.post(PAGE, reminder(older, 0, "8")).status_code == 422
    assert reminders(calendar) == many


def test_personal_line_changed_in_both_tabs_is_told(signed_in: Client, calendar: Calendar) -> None:
    Calendar.objects.update(personal_line="Ring\ntwice")
    older = untouched(signed_in.get(PAGE), holding="personal_line")
    assert signed_in.post(PAGE, {**older, "personal_line": ["Knock"]}).status_code == 302
    refused = signed_in.post(PAGE, {**older, "personal_line": ["Whistle"]})
    assert "Changed elsewhere meanwhile: it is now “Knock”." in text_of(refused)
    assert "Whistle" in text_of(refused)
