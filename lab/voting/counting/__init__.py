"""Counting ballots: orders, sums, the instant runoff, common ground. Pure numpy."""
