"""The pages for clients: to book, to manage a booking, and to ask for a new link."""
