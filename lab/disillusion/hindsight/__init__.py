"""What the score would have said of the past, how good that was, and fitting it to a lab."""
