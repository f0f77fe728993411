"""Rounds, ballots, counting and the published record."""
