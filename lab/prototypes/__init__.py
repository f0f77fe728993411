"""Prototypes, foreseen risks and tests."""
