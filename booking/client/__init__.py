"""The pages that a client meets: the booking page, the manage page, asking for a link."""
