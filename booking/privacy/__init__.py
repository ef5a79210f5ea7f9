"""What is held of a client: shown, exported and erased by their email address, or forgotten."""
