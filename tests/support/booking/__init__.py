"""Helpers that book, move and email as clients and workers do."""
