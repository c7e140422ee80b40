"""Who looks at standing without moving anything."""

import pytest

from accounts.models import Role, User
from tests.conftest import person


@pytest.fixture
def auditor(db) -> User:
    return person("an", "安然", Role.AUDITOR)
