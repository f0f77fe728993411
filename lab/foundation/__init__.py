"""Shared by all capabilities: errors, events, limits on text, the clock, the lab's settings."""
