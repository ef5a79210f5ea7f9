"""Invitations: an invitation is a link and the chain of those that were made in its place.

At most one link of an invitation works, so that one client books once. Whatever makes a link work
locks the hosts first, and reads `working_links` in a later statement.
"""

from datetime import datetime

from django.db.models import BigAutoField, Func, OuterRef, Value

from onetime_links.models import OneTimeLink, OneTimeLinkQuerySet


class KeysOfInvitation(Func):
    """A subquery for the keys of all links of the invitation that a link with this key is of.

    A link may have been replaced more than once, so it climbs to the first link and then collects
    all that follow. `UNION` ends it even if links replaced each other in a circle.
    """

    template = """(
        WITH RECURSIVE earlier(id, replaces_id) AS (
            SELECT link.id, link.replaces_id FROM %(table)s link WHERE link.id = %(expressions)s
            UNION
            SELECT link.id, link.replaces_id FROM %(table)s link
            JOIN earlier ON link.id = earlier.replaces_id
        ), whole(id) AS (
            SELECT id FROM earlier
            UNION
            SELECT link.id FROM %(table)s link JOIN whole ON link.replaces_id = whole.id
        )
        SELECT id FROM whole
    )"""
    output_field = BigAutoField()


def invitation_of(key: int | OuterRef) -> OneTimeLinkQuerySet:
    """Return all links of the invitation that the link with this key is of."""
    start = Value(key) if isinstance(key, int) else key
    keys = KeysOfInvitation(start, table=OneTimeLink._meta.db_table)
    return OneTimeLink.objects.filter(pk__in=keys)


def working_links(key: int | OuterRef, *, at: datetime) -> OneTimeLinkQuerySet:
    """Return the Active links of the invitation that the link with this key is of: one or none."""
    return invitation_of(key).active(at=at)
