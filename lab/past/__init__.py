"""What was true on a day: promises, stalls and people waiting, with one rule for each."""
