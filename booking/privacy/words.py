"""What is, or was, erased, in words."""

from django.utils.translation import ngettext

from booking.privacy.erase import Amounts


def in_words(amounts: Amounts) -> list[str]:
    """Return a text such as "3 bookings" for each kind of which there is any."""
    texts = {
        ngettext("%(count)d booking", "%(count)d bookings", amounts.bookings): amounts.bookings,
        ngettext("%(count)d message", "%(count)d messages", amounts.messages): amounts.messages,
        ngettext(
            "%(count)d request for a link", "%(count)d requests for a link", amounts.requests
        ): amounts.requests,
        ngettext(
            "%(count)d email kept on this server",
            "%(count)d emails kept on this server",
            amounts.kept_emails,
        ): amounts.kept_emails,
        ngettext(
            "%(count)d email that was not sent yet",
            "%(count)d emails that were not sent yet",
            amounts.waiting_mails,
        ): amounts.waiting_mails,
        ngettext(
            "%(count)d note of a one-time link",
            "%(count)d notes of one-time links",
            amounts.notes,
        ): amounts.notes,
    }
    return [text % {"count": count} for text, count in texts.items() if count]
