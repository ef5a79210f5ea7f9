"""The emails that ask owners to confirm their address, as a kind of delivery."""

from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from calendars.accounts.confirmation import make_confirmation_token
from calendars.kit.languages import speaking
from calendars.kit.validators import to_ascii
from calendars.models import Confirmation, Owner
from calendars.models.delivery import DeliveryQuerySet
from calendars.outbox.headers import headers_of
from calendars.outbox.mailbox import OwnedEmail
from calendars.outbox.postman import EmailKind
from calendars.throttling.recipients import mailbox_of
from calendars.throttling.throttle import count
from calendars.webaddresses import mailable_name


class ConfirmationMails(EmailKind[Confirmation]):
    """Emails with a link by which owners confirm their address."""

    def deliveries(self) -> DeliveryQuerySet[Confirmation]:
        return Confirmation.objects.all()

    def facts(self) -> DeliveryQuerySet[Confirmation]:
        return self.deliveries().select_related("owner")

    def describe(self, delivery: Confirmation) -> str:
        return f"Confirmation {delivery.pk} (to owner {delivery.owner_id})"

    def is_untrue(self, delivery: Confirmation, *, now: datetime) -> bool:
        return not delivery.owner.unconfirmed_email

    def count(self, delivery: Confirmation) -> None:
        # Apart from the emails about bookings: those of strangers must not hold this one up.
        count(emails_per_recipient=f"confirm {mailbox_of(delivery.owner.unconfirmed_email)}")

    def compose(self, delivery: Confirmation) -> OwnedEmail:
        owner = delivery.owner
        address = to_ascii(owner.unconfirmed_email)
        with speaking(owner.language):
            return OwnedEmail(
                subject=_("Confirm your email"),
                body=render_to_string("calendars/accounts/confirmation_email.txt", _facts(owner)),
                to=[address] if address else [],
                headers=headers_of(delivery.uid),
                owner_id=owner.pk,
            )


def _facts(owner: Owner) -> dict[str, str]:
    """Return what the email says. Whoever reads it may not be who chose the name."""
    path = reverse("calendars:confirm_email", args=[make_confirmation_token(owner)])
    return {
        "name": mailable_name(owner.display_name) or owner.unconfirmed_email,
        "site": settings.BASE_URL,
        "url": settings.BASE_URL + path,
    }
