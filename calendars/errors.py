"""What can go wrong for a person, in words for that person."""

from django.utils.translation import gettext as _


class AddressTaken(Exception):
    """The address is or was another calendar's, so no calendar will ever get it."""

    def __str__(self) -> str:
        return _("This address is taken. Choose another.")


class EmailTaken(Exception):
    """Another owner signs in with this email."""

    def __str__(self) -> str:
        return _("There is already an account with this email.")
