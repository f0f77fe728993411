"""Votes on prototypes: rounds, ballots that are never lost, counting that anybody can check."""
