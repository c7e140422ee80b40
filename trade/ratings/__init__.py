"""Orders and their ratings: buyers rate here; what nobody rated in time the system grades."""
