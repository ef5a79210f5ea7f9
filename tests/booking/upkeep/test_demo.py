"""Tests of the demo data; for how it is loaded, see tests/quantix/servers/test_start.py."""

from typing import Any

import pytest
from django.core.management import call_command

from booking.models import Booking, Mail
from calendars.models import Calendar
from calendars.outbox import mailbox

pytestmark = pytest.mark.django_db

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.mark.parametrize(("backend", "writes"), [(mailbox.BACKEND, True), (SMTP, False)])
def test_demo_sends_nothing_to_people_who_are_made_up(
    settings: Any, monkeypatch: pytest.MonkeyPatch, backend: str, writes: bool
) -> None:
    settings.EMAIL_BACKEND = backend
    monkeypatch.setenv("DEMO_PASSWORD", "a long enough password")
    call_command("demo", verbosity=0)
    assert Booking.objects.count() == 3
    assert Mail.objects.exists() is writes
    fresh = Calendar()
    told = {(tuple(each.client_mails), tuple(each.owner_mails)) for each in Calendar.objects.all()}
    assert told == {(tuple(fresh.client_mails), tuple(fresh.owner_mails))}
