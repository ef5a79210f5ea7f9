from typing import Any

from django.db import migrations
from django.db.models import F, Q
from django.utils import timezone


def answer_restored_links(apps: Any, _editor: Any) -> None:
    """Answer the open requests for a link that works again by this link.

    Until this version such a request stayed open. It is done here because a link is Used by a
    booking, of which the links' own migrations know nothing.
    """
    links = apps.get_model("onetime_links", "OneTimeLink").objects
    requests = apps.get_model("onetime_links", "LinkRequest").objects
    used = apps.get_model("booking", "Booking").objects.exclude(one_time_link=None)
    now = timezone.now()
    active = links.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)
    waiting = requests.filter(answered_at=None, dismissed_at=None, link__in=active)
    unused = waiting.exclude(link__in=used.order_by().values("one_time_link"))
    unused.update(answer=F("link"), answered_at=now)


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0011_client_name'),
        ('onetime_links', '0008_shared_answers'),
    ]

    operations = [migrations.RunPython(answer_restored_links, migrations.RunPython.noop)]
