"""The acts on bookings: plain functions that lock, check and write, and never see a request."""
