"""Where the lab's memory is kept: engine, models and migrations."""
