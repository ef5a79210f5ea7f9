"""What the database is asked, and how it answers."""
