"""What is told to the outside: rows that wait until they are done, and how a worker does them."""
