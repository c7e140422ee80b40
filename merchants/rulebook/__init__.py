"""Rules of the marketplace: made together, tried out before, measured after, found by two characters."""
