"""The back office of the merchants' house."""

from merchants.admin import (  # noqa: F401  (registers them)
    acts,
    appeals,
    bulletins,
    cases,
    complaints,
    dsr,
    events,
    experience,
    facts,
    goodwill,
    key_accounts,
    pilots,
    ratings,
    shops,
    staff,
)
from merchants.rulebook import admin as _rulebook  # noqa: F401
