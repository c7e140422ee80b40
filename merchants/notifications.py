"""What merchants' people, and those who decide about shops, are told."""

from merchants.penalties import notifications  # noqa: F401
