"""What the merchants' house keeps of people."""

from merchants.complaints import personal_data as _complaints  # noqa: F401
from merchants.goodwill import personal_data as _goodwill  # noqa: F401
from merchants.ratings import personal_data as _ratings  # noqa: F401  (registers what it keeps)
from merchants.rulebook import personal_data as _rulebook  # noqa: F401
