"""Domain exceptions, with a text for the person whom they concern."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


class AddressTaken(Exception):
    """The address is or was another calendar's, so no calendar will ever get it."""

    def __str__(self) -> str:
        return _("This address is taken. Choose another.")


class EmailTaken(Exception):
    """Another owner signs in with this email."""

    def __str__(self) -> str:
        return _("There is already an account with this email.")


class TooOften(Exception):
    """A throttle's limit is reached; the next try is allowed in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds

    def __str__(self) -> str:
        return _("Too many tries. Please try again in %(wait)s.") % {"wait": self.wait}

    @property
    def wait(self) -> str:
        """The time to wait in words, rounded up, so that a try after it gets through."""
        minutes = -(-self.seconds // 60)
        if minutes < 90:
            return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
        hours = -(-minutes // 60)
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
