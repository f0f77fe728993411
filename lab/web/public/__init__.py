"""Pages and files for people without an account: stories, results, reports, pulses, calendar entries."""
