"""Votes as a typical Django project would store them: session, CSRF token, update_or_create on PostgreSQL."""
