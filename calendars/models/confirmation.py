from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from calendars.models.delivery import Delivery, DeliveryQuerySet
from calendars.models.owner import Owner


class Confirmation(Delivery):
    """An email that asks an owner to confirm their address: a delivery that a worker sends.

    It goes to the address that is to be confirmed when it is sent, and its link is made then.
    """

    owner = models.ForeignKey(
        Owner, on_delete=models.PROTECT, related_name="confirmations", verbose_name=_("owner")
    )
    # The id in its Message-ID: the same in every try, so that mail programs show a repeat once.
    uid = models.UUIDField(_("message"), default=uuid4, unique=True, editable=False)
    done_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    objects = DeliveryQuerySet["Confirmation"].as_manager()

    class Meta(Delivery.Meta):
        verbose_name = _("confirmation")
        verbose_name_plural = _("confirmations")

    def __str__(self) -> str:
        return f"Confirmation {self.pk}"
