"""The back office of merchants."""

from merchants.admin import dsr, ratings, shops  # noqa: F401  (registers them)
