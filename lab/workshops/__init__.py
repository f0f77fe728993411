"""Workshops: planned in minutes, run on one board, and wrapped up without a second typing."""
