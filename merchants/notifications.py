"""What merchants' people, the rule team, and those who decide about shops are told."""

from merchants.bulletins import notifications as _bulletins  # noqa: F401
from merchants.complaints import notifications as _complaints  # noqa: F401
from merchants.experience import notifications as _experience  # noqa: F401
from merchants.goodwill import notifications as _goodwill  # noqa: F401
from merchants.key_accounts import notifications as _managers  # noqa: F401
from merchants.penalties import notifications as _penalties  # noqa: F401
from merchants.rulebook import notifications as _rulebook  # noqa: F401
