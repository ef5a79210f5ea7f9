"""The models of bookings, with one module for each family of tables."""

from booking.models.booking import LONGEST_BLOCK, Booking, BookingQuerySet
from booking.models.change import MAX_MESSAGE_LENGTH, Act, Change, Party
from booking.models.mail import Mail, MailQuerySet
from booking.models.time_off import TimeOff, TimeOffQuerySet

__all__ = [
    "LONGEST_BLOCK",
    "MAX_MESSAGE_LENGTH",
    "Act",
    "Booking",
    "BookingQuerySet",
    "Change",
    "Mail",
    "MailQuerySet",
    "Party",
    "TimeOff",
    "TimeOffQuerySet",
]
