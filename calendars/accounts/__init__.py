"""Owners' accounts: signing in and up, the profile, passwords."""
