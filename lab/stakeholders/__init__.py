"""People and groups with a stake: pseudonyms, consent, withdrawal, contact data kept apart."""
