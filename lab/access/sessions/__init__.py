"""Sessions: opened by a sign-in, listed, ended, and slow to open for whoever guesses."""
