"""The back office of tiers' promises."""

from apass.membership import admin  # noqa: F401
