"""What a phone in the room shows, and what it hands in."""
