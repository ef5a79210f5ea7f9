"""Calendar Settings, the edit form's sections and the Share dialog."""
