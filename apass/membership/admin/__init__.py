"""APASS in the back office: the list with its reasons, every move with a reason, who looks after whom."""

from apass.membership.admin import events, memberships, prospects  # noqa: F401
