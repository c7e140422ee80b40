"""People: who they are, which roles they hold, which tier a member is in."""
