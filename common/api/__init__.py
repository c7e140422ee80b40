"""REST of what belongs to no app: parameters, and what changed since a client asked last."""
