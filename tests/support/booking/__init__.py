"""Books, moves and emails as clients and workers do."""
