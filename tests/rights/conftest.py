import pytest
from django.db import transaction

from tests.rights.house import House, build


@pytest.fixture(scope="module")
def house(django_db_setup, django_db_blocker) -> House:
    """Two tenants, built once for all tests of a module; nothing of them stays."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)
