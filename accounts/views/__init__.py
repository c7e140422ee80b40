"""Pages about people, a file for each errand."""
