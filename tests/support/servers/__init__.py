"""Programs that tests start: web servers, workers, mail servers and databases."""
