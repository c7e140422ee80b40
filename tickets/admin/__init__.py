"""Conversations, ready sentences and results in the back office, and what they say on its first page."""

from tickets.admin import conversations, facts, harassment, words  # noqa: F401  (each registers its part)
