"""Tests of the whole product: its addresses, screens, words and walks."""
