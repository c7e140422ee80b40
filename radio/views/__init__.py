"""Pages of the radio."""
