from apass.admin import definitions, uses
from apass.rollouts import admin as rollouts

__all__ = ["definitions", "rollouts", "uses"]
