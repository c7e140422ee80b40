"""Nine o'clock radio (九点电台): cases the business should hear, the kitchen, channels and editions."""
