"""The project itself, and the bodies that sponsor it."""
