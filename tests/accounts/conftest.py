"""Talks of which something lies in every store: Mei's, and the same of Ada."""

import pytest

from tests.accounts.casts import fill


@pytest.fixture
def mine(mei, team, bo, shop):
    return fill(mei, team, bo, shop, "70001")


@pytest.fixture
def others(ada, team, bo, shop):
    return fill(ada, team, bo, shop, "70002")
