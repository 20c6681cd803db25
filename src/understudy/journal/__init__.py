"""What happened: entries, their storage and their reading."""
