"""Pages and submissions of phones."""
