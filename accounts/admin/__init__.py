"""The back office of people: who they are, where they are signed in, which systems act for them."""

from accounts.admin import devices, integration_tokens, people  # noqa: F401  (each registers its part)
from accounts.admin.people import PurposeForm

__all__ = ["PurposeForm"]
