import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from calendars.models.delivery import Delivery, DeliveryQuerySet
from calendars.models.owner import Owner


class PasswordReset(Delivery):
    """An email with a link to a new password: a delivery that a worker sends.

    A row is written for every email that somebody types, without an owner if there is no such
    account, so that the page takes as long for both. The link is made when the email is sent.
    """

    # No constraint of the database: checking it would take longer for accounts that exist.
    owner = models.ForeignKey(
        Owner,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("owner"),
    )
    # The id in its Message-ID: the same in every try, so that mail programs show a repeat once.
    uid = models.UUIDField(_("message"), default=uuid.uuid4, editable=False)
    done_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    objects = DeliveryQuerySet["PasswordReset"].as_manager()

    class Meta(Delivery.Meta):
        verbose_name = _("password reset")
        verbose_name_plural = _("password resets")

    def __str__(self) -> str:
        return str(self.owner or "")
