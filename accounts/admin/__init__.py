"""The back office of people: who they are, where they are signed in, what they ask about their data."""

from accounts.admin import (  # noqa: F401  (each registers its part)
    devices,
    integration_tokens,
    people,
    personal_data,
)
from accounts.admin.people import PurposeForm

__all__ = ["PurposeForm"]
