"""REST of the radio. Every row is looked up through ``visible_to``."""
