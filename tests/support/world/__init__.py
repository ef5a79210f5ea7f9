"""The people and things of the tests, and the words they use."""
