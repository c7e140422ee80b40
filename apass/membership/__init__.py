"""APASS: who may be a member of it, how one becomes one, for how long, and who looks after them."""
