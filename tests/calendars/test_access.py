"""Tests of the guard that stands behind `login_required`."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from calendars.access import signed_in_owner
from calendars.models import Owner


def test_view_that_forgot_to_require_signing_in_fails(rf: RequestFactory) -> None:
    request = rf.get("/calendars/")
    request.user = AnonymousUser()
    with pytest.raises(RuntimeError, match="must require signing in"):
        signed_in_owner(request)


@pytest.mark.django_db
def test_owner_of_the_request_is_returned(rf: RequestFactory, olive: Owner) -> None:
    request = rf.get("/calendars/")
    request.user = olive
    assert signed_in_owner(request) == olive
