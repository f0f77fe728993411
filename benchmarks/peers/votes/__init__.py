"""Votes as a Django project would take them: a session, a CSRF token, update_or_create on PostgreSQL."""
