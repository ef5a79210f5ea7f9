"""Tests of the form of the code, the templates and the documents."""
