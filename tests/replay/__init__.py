"""Rebuilding a lab's past from its event log."""
