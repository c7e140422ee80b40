"""Members' tiers and what each is promised: today the place in the queue."""
