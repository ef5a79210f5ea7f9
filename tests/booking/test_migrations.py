"""What migrations do to the rows that earlier versions have written."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from calendars.models import Calendar
from onetime_links.models import LinkRequest
from tests.support.world.factories import (
    BookingFactory,
    LinkRequestFactory,
    OneTimeLinkFactory,
)


@pytest.mark.django_db
def test_request_for_a_link_that_works_again_is_answered_by_it(calendar: Calendar) -> None:
    past = timezone.now() - timedelta(days=1)
    facts = {"restored": {}, "used": {}, "revoked": {"revoked_at": past}}
    links = {
        name: OneTimeLinkFactory.create(calendar=calendar, created_at=past, **fields)
        for name, fields in facts.items()
    }
    links["expired"] = OneTimeLinkFactory.create(
        calendar=calendar, created_at=past - timedelta(days=1), expires_at=past
    )
    BookingFactory.create(calendar=calendar, one_time_link=links["used"], cancelled_at=past)
    for link in links.values():
        LinkRequestFactory.create(link=link)
    import_module("booking.migrations.0012_answer_restored_links").answer_restored_links(apps, None)
    answered = LinkRequest.objects.exclude(answered_at=None).get()
    assert answered.link == answered.answer == links["restored"]
    assert LinkRequest.objects.open().count() == 3
