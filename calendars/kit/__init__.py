"""Small tools without models that every app uses."""
