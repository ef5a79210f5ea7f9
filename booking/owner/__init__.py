"""The pages on which an owner works with bookings and time off."""
