"""The testbed in the back office: cohorts, stages, two people for each step, guardrails, the report."""

from apass.rollouts.admin import cohorts, events, rollouts  # noqa: F401
