"""What comes in and goes out: tables as CSV, registers kept elsewhere, reports, backups."""
