from django.db import models

from calendars.models.owner import Owner


class SentForm(models.Model):
    """A form of an owner that has made something, for a day: sent again, it makes nothing new."""

    owner = models.ForeignKey(
        Owner,
        on_delete=models.CASCADE,
        related_name="+",
        # The index of the constraint begins with this column, and serves for it.
        db_index=False,
    )
    # The model of what it made, such as "onetime_links.onetimelink".
    kind = models.CharField(max_length=60)
    # A hash of the form's random name and of what was sent with it: see `calendars/once.py`.
    name = models.CharField(max_length=64)
    # The key of what it made. It is None only until the transaction ends.
    result = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="sentform_oldest_first")]
        constraints = [
            models.UniqueConstraint(fields=["owner", "kind", "name"], name="sentform_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind}, {self.name}"
