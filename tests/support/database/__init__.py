"""Helpers for the queries that reach the database and the plans that it makes for them."""
