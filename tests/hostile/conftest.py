import pytest

from tests.hostile.world import World, build


@pytest.fixture
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def world(request, own_folder, team) -> World:
    return build(request)
