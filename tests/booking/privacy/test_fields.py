"""Every field of every model is declared: personal to a client, or a fact that erasing leaves.

A new field fails the first test. Declare it here; a personal one also needs a line in
`booking/privacy/personal.py` and a value in the world of `conftest.py`.
"""

from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model

from booking.privacy.personal import BLANKS
from calendars.models import Owner

PERSONAL = {
    "booking.Booking": "client_name client_email client_time_zone client_language answers"
    " manage_token nonce search_text",
    "booking.Change": "message",
    "booking.Mail": "error",
    "onetime_links.LinkRequest": "client_name word search_text",
    "onetime_links.OneTimeLink": "note search_text",
}
# Of no client: facts of bookings, and what owners say of themselves.
FACTS = {
    "admin.LogEntry": "id action_time user content_type object_id object_repr action_flag"
    " change_message",
    "auth.Group": "id name",
    "auth.Group_permissions": "id group permission",
    "auth.Permission": "id name content_type codename",
    "booking.Booking": "id host calendar one_time_link starts_at ends_at blocked_from blocked_until"
    " uid sequence made_by_owner created_at cancelled_at no_show_at erased_at",
    "booking.Change": "id booking act by at sequence moved_from moved_to",
    "booking.Mail": "id due_at next_try_at tries lease failed_at dropped_at booking occasion"
    " recipient sequence starts_at ends_at uid done_at",
    "booking.TimeOff": "id host starts_at ends_at note search_text created_at",
    "calendars.Calendar": "id owner name search_text slug description location colour time_zone"
    " duration_minutes slot_interval_minutes buffer_before_minutes buffer_after_minutes"
    " minimum_notice_minutes booking_window_days daily_cap client_may_reschedule client_may_cancel"
    " change_notice_minutes max_reschedules client_mails owner_mails reminder_minutes"
    " personal_line questions created_at paused_at deleted_at",
    "calendars.CalendarAddress": "slug calendar created_at",
    "calendars.Confirmation": "id due_at next_try_at tries lease error failed_at dropped_at owner"
    " uid done_at",
    "calendars.DatabaseIdentity": "id key former_emails_since",
    "calendars.DateOverride": "id calendar date",
    "calendars.OverrideHours": "id start_minute end_minute override",
    "calendars.Owner": "id password last_login is_superuser email unconfirmed_email display_name"
    " search_text language time_zone is_active is_staff sessions_ended feed_token"
    " forget_after_days created_at",
    "calendars.Owner_groups": "id owner group",
    "calendars.Owner_user_permissions": "id owner permission",
    # The server's reply in the error may repeat the address of an owner.
    "calendars.PasswordReset": "id due_at next_try_at tries lease error failed_at dropped_at owner"
    " uid done_at",
    # The name is a hash, of something random too.
    "calendars.SentForm": "id owner kind name result at",
    # The key is a keyed hash.
    "calendars.Tally": "key hits ends_at",
    "calendars.WeeklyHours": "id start_minute end_minute calendar weekday",
    "contenttypes.ContentType": "id app_label model",
    "onetime_links.LinkRequest": "id link created_at answered_at answer dismissed_at",
    "onetime_links.OneTimeLink": "id calendar token created_at expires_at revoked_at replaces",
    # Only owners have sessions.
    "sessions.Session": "session_key session_data expire_date",
}


def test_every_field_is_declared_once() -> None:
    fields = {
        model._meta.label: sorted(each.name for each in model._meta.local_concrete_fields)
        for model in apps.get_models(include_auto_created=True)
    }
    declared = {
        label: sorted(f"{facts} {PERSONAL.get(label, '')}".split())
        for label, facts in FACTS.items()
    }
    assert fields == declared


@pytest.mark.django_db
def test_every_personal_field_is_blanked_and_was_not_blank_in_these_tests(
    both: tuple[Owner, Owner],
) -> None:
    assert {model._meta.label for model in BLANKS} == set(PERSONAL)
    for model, blanks in BLANKS.items():
        names = PERSONAL[model._meta.label].split()
        for row in model._base_manager.all():
            assert set(blanks(row)) == set(names)
        filled = [row for row in model._base_manager.all() if differs(row, blanks(row))]
        assert filled, f"No {model.__name__} in these tests has all its personal fields filled in."


def differs(row: Model, values: dict[str, Any]) -> bool:
    """Return whether each of the row's fields differs from its value in `values`."""
    return all(getattr(row, name) != value for name, value in values.items())
