from django.db import models
from django.utils.translation import gettext_lazy as _


class Tally(models.Model):
    """How often one party has done one thing, in the window that ends at `ends_at`."""

    # The key is a keyed hash, so that no network address or email can be read from it.
    key = models.CharField(_("key"), max_length=40, primary_key=True)
    hits = models.PositiveIntegerField(_("hits"))
    # In seconds since 1970, because plain SQL compares integers alike on both databases.
    ends_at = models.BigIntegerField(_("ends at"), db_index=True)

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")

    def __str__(self) -> str:
        return f"{self.hits}, {self.key}"
