"""One-time links with which people choose their password: an invitation, or a way back in."""
