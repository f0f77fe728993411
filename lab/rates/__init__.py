"""Implementation in numbers a manager can defend."""
