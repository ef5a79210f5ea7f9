"""The pages of Calendar Settings, the sections of the edit form and the Share dialog."""
