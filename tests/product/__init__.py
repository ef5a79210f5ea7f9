"""The whole product at once: its addresses, screens, words and walks."""
