"""A register of recommendations kept elsewhere: read, compared with the lab, taken in."""
