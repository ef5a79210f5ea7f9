"""The form of the code, the templates and the documents."""
