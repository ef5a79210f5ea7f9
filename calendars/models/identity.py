from uuid import uuid4

from django.db import models
from django.db.models import Q

ONLY_ROW = 1


class DatabaseIdentity(models.Model):
    """What tells this database from every other one, in the only row of its table.

    What is kept outside of the database names it, because keys of rows begin anew in the next
    database. A migration makes it; a backup and a copy have the same. `manage.py flush` deletes it
    with everything else, and the next email that is kept makes another.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY_ROW, editable=False)
    key = models.UUIDField(default=uuid4, editable=False)
    # For a database that is older than identities: when it was made. Emails that were kept since
    # then, without an identity, are its own. None for every other database.
    former_emails_since = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=ONLY_ROW), name="databaseidentity_only_row")
        ]

    def __str__(self) -> str:
        return f"{self.key}"


def identity_of_database() -> DatabaseIdentity:
    """Return the identity; one that is not saved, and that nothing names, if there is none."""
    return DatabaseIdentity.objects.first() or DatabaseIdentity()


def settled_identity_of_database() -> DatabaseIdentity:
    """Return the identity, and save one if there is none."""
    identity, _made = DatabaseIdentity.objects.get_or_create(pk=ONLY_ROW)
    return identity
