"""The score itself: drivers, levels and what would change them, from plain values."""
