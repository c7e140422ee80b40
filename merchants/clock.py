"""What the clock does for merchants."""

from merchants.penalties import clock  # noqa: F401
