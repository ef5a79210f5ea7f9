"""Forms that are sent after the session has ended, and the sign-in page that answers them."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.contrib.sessions.models import Session
from django.core import signing
from django.test import Client

from calendars.models import Owner
from calendars.typed import CARRIED, CARRIED_SALT
from tests.support.pages.forms import Form, forms_of
from tests.support.world.factories import PASSWORD

NOTHING_CHANGED = "You were signed out; nothing was changed."
STILL_HERE = "What you typed is still here, but not saved yet."


def browser_of(owner: Owner) -> Client:
    """Return a browser in which the owner is signed in. It checks CSRF tokens, as in reality."""
    client = Client(enforce_csrf_checks=True, headers={"Origin": "http://testserver"})
    client.force_login(owner)
    return client


def open_form(client: Client, page: str, action: str = "") -> Form:
    """Return the form of the page that is sent to `action`, or else to the page itself."""
    wanted = action or urlsplit(page).path
    forms = forms_of(client.get(page), page)
    return next(form for form in forms if urlsplit(form.action).path == wanted)


def send(client: Client, form: Form, **headers: str) -> Any:
    return client.post(form.action, form.data, headers=headers)


def send_signed_out(client: Client, form: Form, **headers: str) -> Any:
    """Send the form after the session has ended; return the sign-in page."""
    Session.objects.all().delete()
    asked = send(client, form, **headers)
    assert is_sign_in_page(asked), asked.headers
    return asked


def is_sign_in_page(response: Any) -> bool:
    names = [each.name for each in response.templates]
    is_kept = "no-store" not in response.headers.get("Cache-Control", "")
    is_asking = "calendars/accounts/sign_in.html" in names and response.status_code == 403
    return is_asking and not is_kept


def sign_in(client: Client, asked: Any, email: str, password: str = PASSWORD) -> Any:
    """Sign in by the form of the page `asked`; return the answer."""
    (form,) = forms_of(asked, "/nowhere/")
    form.fill(username=email, password=password)
    return send(client, form)


def come_back(client: Client, form: Form, owner: Owner) -> tuple[str, Any]:
    """Send the form signed out, and sign in; return the address led to, and its page."""
    led_to = sign_in(client, send_signed_out(client, form), owner.email).headers["Location"]
    return led_to, client.get(led_to)


def carried_in(asked: Any) -> Any:
    """Return what the sign-in page carries: its owner's key, the page, the action, the fields."""
    found = re.search(f'name="{CARRIED}" value="([^"]+)"', asked.content.decode())
    return signing.loads(found[1], salt=CARRIED_SALT) if found else None
