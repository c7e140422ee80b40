"""The demo world: a believable marketplace of our own making, the same for the same day."""
