"""Backups of the whole lab: made while it is in use, encrypted where a key is given, and put back."""
