"""Tools for operators and developers: checks of the database, and the styleguide."""
