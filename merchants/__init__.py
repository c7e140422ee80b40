"""Sellers: companies and their shops."""
