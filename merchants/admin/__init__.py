"""Merchants in the back office."""

from merchants.admin import acts, appeals, cases, events, shops  # noqa: F401
