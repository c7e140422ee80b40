"""Violations, penalties and appeals of shops, and what our own people may do to a shop at once."""
