from apass.admin import definitions, uses

__all__ = ["definitions", "uses"]
