"""The back office of the merchants' house."""

from merchants.admin import (  # noqa: F401  (registers them)
    acts,
    appeals,
    cases,
    complaints,
    dsr,
    events,
    experience,
    goodwill,
    key_accounts,
    pilots,
    ratings,
    shops,
    staff,
)
from merchants.rulebook import admin as _rulebook  # noqa: F401
