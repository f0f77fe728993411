"""HTTP routes of the workshop's note board."""
