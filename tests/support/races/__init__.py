"""Helpers that run many actions at one instant."""
