"""Promises about counting are no promises about the clock of a busy machine."""

from hypothesis import settings

settings.register_profile("counting", deadline=None)
settings.load_profile("counting")
