"""Hostile input and every door: whoever adds a door is asked by these tests without being asked to."""

import logging

import pytest

from common import parameters
from tests.hostile.senders import Doorman
from tests.hostile.world import World, build


@pytest.fixture
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def world(request, own_folder, team) -> World:
    return build(request)


@pytest.fixture
def doorman(world, caplog):
    """Nobody is too fast here, and no traceback may be written while it works."""
    for name in ("reads", "writes", "strangers"):
        parameters.set_value(f"api.{name}_a_minute", 1_000_000, by=None, reason="测试")
    parameters.forget()
    doorman = Doorman(world.people)
    with caplog.at_level(logging.ERROR):
        yield doorman
    assert doorman.broken == []
    assert [record.getMessage()[:200] for record in caplog.records if record.exc_info] == []
    assert doorman.asked >= doorman.least
