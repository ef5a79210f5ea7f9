"""Pages: in a browser, as text, all of them, and with nonsense."""
