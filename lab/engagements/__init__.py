"""Occasions on which lab and people meet, what was said, and how people felt."""
