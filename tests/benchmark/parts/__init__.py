"""The parts of the benchmark: a module for each, with a function `measure`."""
