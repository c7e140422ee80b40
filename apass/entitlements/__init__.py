"""Entitlements and service packages: what is promised to whom, how often still, and from where."""
