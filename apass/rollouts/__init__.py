"""The testbed: a new service is tried by a few named, then by a share, then by tiers, then opened to all."""
