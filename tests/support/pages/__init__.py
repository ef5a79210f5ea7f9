"""Helpers that open pages in a browser, read them as text, list them all and fuzz them."""
