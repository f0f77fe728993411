"""Expectations, recommendations, responses, progress and replies."""
