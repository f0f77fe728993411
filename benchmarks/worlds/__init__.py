"""A simulated lab: people, teams and sponsors who behave, and incomplete records."""
