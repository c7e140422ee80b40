"""Orders: what was bought, from whom, and where it is."""
