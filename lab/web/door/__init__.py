"""Before every request: who is asking, where the form comes from, how large it may be, and how often."""
