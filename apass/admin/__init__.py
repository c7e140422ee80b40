"""The back office of tiers' promises."""

from apass.admin import definitions, uses
from apass.membership import admin as membership
from apass.rollouts import admin as rollouts

__all__ = ["definitions", "membership", "rollouts", "uses"]
