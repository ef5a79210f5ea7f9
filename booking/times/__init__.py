"""Which times are free: the rules, what is busy, the slots."""
