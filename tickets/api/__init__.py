"""REST of conversations, for pages and apps. Every row is looked up through ``visible_to``."""
