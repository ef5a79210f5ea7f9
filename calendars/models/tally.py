from django.db import models
from django.utils.translation import gettext_lazy as _


class Tally(models.Model):
    """How often one party has done one thing, in the window that ends at `ends_at`."""

    # A keyed hash: neither network addresses nor emails can be read from it.
    key = models.CharField(_("key"), max_length=40, primary_key=True)
    hits = models.PositiveIntegerField(_("hits"))
    # Seconds since 1970, which both databases compare alike in plain SQL.
    ends_at = models.BigIntegerField(_("ends at"), db_index=True)

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")

    def __str__(self) -> str:
        return f"{self.hits}, {self.key}"
