"""What REST views of all apps need to know about who asks."""

from rest_framework.request import Request

from accounts.models import User


class SignedIn(Request):
    """A request that the default permission let through: ``user`` is a person."""

    user: User
