"""Disillusion risk: drivers, score, levels, flags."""
