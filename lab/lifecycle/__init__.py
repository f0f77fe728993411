"""Stages, gates, waivers and the board."""
