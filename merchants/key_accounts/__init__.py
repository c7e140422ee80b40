"""Who looks after a shop, which shops try things first, and who works for a merchant."""
