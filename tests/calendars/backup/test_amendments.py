"""A restore signs everybody out: a session that was ended since the backup stays ended."""

from io import StringIO
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client

from calendars.models import Owner

pytestmark = pytest.mark.django_db(transaction=True)


def test_session_of_the_backup_opens_nothing(client: Client, file: Path, olive: Owner) -> None:
    client.force_login(olive)
    assert client.get("/calendars/").status_code == 200
    call_command("backup", str(file), stdout=StringIO())
    client.post("/sign-out/")
    told = StringIO()
    call_command("restore", str(file), stdout=told)
    assert "Everybody is signed out, and passwords are those of the backup.\n" in told.getvalue()
    assert not Session.objects.exists()


def test_owner_who_was_signed_in_signs_in_again(client: Client, file: Path, olive: Owner) -> None:
    client.force_login(olive)
    call_command("backup", str(file), stdout=StringIO())
    call_command("restore", str(file), stdout=StringIO())
    answer = client.get("/calendars/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in/?next=/calendars/")
    client.force_login(olive)
    assert client.get("/calendars/").status_code == 200
