"""A running workshop: the clock, phones, paper, photos and the pulse."""
