"""Who did what when, from the event log."""
