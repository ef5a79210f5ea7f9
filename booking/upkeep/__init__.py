"""For operators and developers: whether the database is sound, and the styleguide."""
