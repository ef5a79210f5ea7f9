"""Password resets: asking for a link to a new password, and the email that brings it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from calendars.accounts.tokens import RESET_TOKENS
from calendars.kit.languages import speaking
from calendars.kit.validators import to_ascii
from calendars.models import Owner, PasswordReset, normalise_email
from calendars.models.delivery import DeliveryQuerySet
from calendars.outbox.headers import headers_of
from calendars.outbox.mailbox import OwnedEmail
from calendars.outbox.postman import EmailKind
from calendars.throttling.recipients import mailbox_of
from calendars.throttling.throttle import count
from calendars.webaddresses import mailable_name

# Nobody waits for a link any longer.
WANTED_FOR = timedelta(days=1)
KEPT_FOR = timedelta(days=7)


def ask_for_reset(*, email: str, now: datetime) -> PasswordReset:
    """Have a link to a new password sent to the account with this email, if there is one.

    The statements are the same if there is none, or if its owner may not sign in: the worker finds
    that out. So nobody learns by the time that it takes who has an account.
    """
    owners = Owner.objects.filter(email=normalise_email(email)).values_list("pk", flat=True)
    return PasswordReset.objects.create(owner_id=owners.first(), due_at=now, next_try_at=now)


def forget_resets(*, now: datetime) -> None:
    """Delete what was sent, or given up, some days ago."""
    ended = PasswordReset.objects.exclude(pk__in=PasswordReset.objects.waiting().values("pk"))
    ended.filter(due_at__lt=now - KEPT_FOR).delete()


class ResetMails(EmailKind[PasswordReset]):
    """Emails with a link to a new password.

    If one is sent twice, both links work until one of them is used.
    """

    def deliveries(self) -> DeliveryQuerySet[PasswordReset]:
        return PasswordReset.objects.all()

    def facts(self) -> DeliveryQuerySet[PasswordReset]:
        return self.deliveries().select_related("owner")

    def describe(self, delivery: PasswordReset) -> str:
        return f"Email {delivery.pk} (new password of owner {delivery.owner_id})"

    def is_untrue(self, delivery: PasswordReset, *, now: datetime) -> bool:
        owner = delivery.owner
        may_sign_in = owner is not None and owner.is_active and owner.has_usable_password()
        return not may_sign_in or delivery.due_at < now - WANTED_FOR

    def count(self, delivery: PasswordReset) -> None:
        if delivery.owner:
            count(emails_per_recipient=f"reset {mailbox_of(delivery.owner.email)}")

    def compose(self, delivery: PasswordReset) -> EmailMessage:
        owner = delivery.owner
        assert owner
        with speaking(owner.language):
            return _letter(owner, headers=headers_of(delivery.uid))


def _letter(owner: Owner, *, headers: dict[str, str]) -> OwnedEmail:
    context = {
        # A stranger may have signed up with the name and the address of others.
        "name": mailable_name(owner.display_name) or owner.email,
        "base_url": settings.BASE_URL,
        "uid": urlsafe_base64_encode(force_bytes(owner.pk)),
        "token": RESET_TOKENS.make_token(owner),
    }
    address = to_ascii(owner.email)
    return OwnedEmail(
        subject=render_to_string("calendars/accounts/password_reset_subject.txt").strip(),
        body=render_to_string("calendars/accounts/password_reset_email.txt", context),
        to=[address] if address else [],
        headers=headers,
        owner_id=owner.pk,
    )
