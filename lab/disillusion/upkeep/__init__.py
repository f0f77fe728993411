"""Keeping scores, flags and the lists of what is late up to date as records change."""
