"""The board of a workshop: notes and clusters."""
