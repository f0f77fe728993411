"""The thread of a project: its records with their links, its timeline and what stands beside them."""
