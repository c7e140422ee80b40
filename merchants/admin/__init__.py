"""The back office of the merchants' house."""

from merchants.admin import dsr, ratings, shops  # noqa: F401  (registers them)
from merchants.rulebook import admin as _rulebook  # noqa: F401
