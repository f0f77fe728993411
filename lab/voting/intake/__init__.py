"""Storing what phones hand in: ballots, the queue before the writer, the process that writes."""
