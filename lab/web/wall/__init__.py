"""The projector: how to join, how it goes, and what came of it."""
