"""What the clock does for merchants."""

from merchants.complaints import clock as _complaints  # noqa: F401
from merchants.penalties import clock  # noqa: F401
