"""Ratings, and the figures of a shop that follow from them."""
