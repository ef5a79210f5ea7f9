"""The emails about bookings, and the worker that hands over every kind of delivery."""
