"""Stories that cross rooms, one a file."""
