"""What was true, promised, stalled and waited for on a day: one reader, and one rule for each."""
