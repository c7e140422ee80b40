"""The back office of the merchants' house."""

from merchants.admin import shops  # noqa: F401
from merchants.rulebook import admin as _rulebook  # noqa: F401
