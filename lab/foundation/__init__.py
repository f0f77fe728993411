"""What every capability stands on: errors, events, limits on text, the clock, the lab's settings."""
