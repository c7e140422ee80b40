"""A served house for the tests that come from outside: ``web`` and ``live``, on the test database."""

from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password

from accounts.models import User
from tests.browser.house import House
from tests.conftest import PASSWORD

SERVED = {"test_client", "test_first_hour"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "contract" and item.path.stem in SERVED:
            # One worker runs them all, so that the servers start once.
            item.add_marker(pytest.mark.xdist_group("served"))


@pytest.fixture
def served(transactional_db: Any, _servers: House) -> House:
    """The served house, on an empty database that the test fills."""
    return _servers


def with_password(*people: User) -> None:
    """Give people :data:`PASSWORD` by a hash that the served house knows."""
    for one in people:
        one.password = make_password(PASSWORD, hasher=PBKDF2PasswordHasher())
        one.save(update_fields=["password"])
