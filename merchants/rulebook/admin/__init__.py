"""Rules in the back office."""

from merchants.rulebook.admin import emergencies, events, law, simulations, versions  # noqa: F401
