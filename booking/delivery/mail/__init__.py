"""The emails about bookings: their words, their look, and which of them an owner wants."""
