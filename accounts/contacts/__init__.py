"""Who is one and the same: what is shown of contacts, and how pairs that look alike are found."""
