"""The back office of people: who they are, where they are signed in, what they ask about their data."""

from django.contrib.admin import site
from django.contrib.auth.models import Group

from accounts.admin import (  # noqa: F401  (each registers its part)
    contacts,
    devices,
    integration_tokens,
    members,
    people,
    personal_data,
    sign_ins,
    standing,
)
from accounts.admin.members import PurposeForm
from accounts.notifications import admin as _notices  # noqa: F401  (pages of their own)
from accounts.webhooks import admin as _webhooks  # noqa: F401  (pages of their own)

# Rights follow from roles, in code. Groups would be a page that does nothing, and that tells by its
# history address which of them there are.
site.unregister(Group)

__all__ = ["PurposeForm"]
