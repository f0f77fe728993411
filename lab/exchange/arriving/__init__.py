"""What comes in with an export passes the rules for what is typed: files, cells, and how rows agree."""
