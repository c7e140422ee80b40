"""What the merchants' house keeps of people."""

from merchants.rulebook import personal_data as _rulebook  # noqa: F401
