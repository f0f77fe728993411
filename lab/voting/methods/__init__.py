"""Methods of voting: a file for each, found by `registry`. See `method.py` for what a file says."""
