"""What is told to the outside about bookings, and the worker that hands it over."""
