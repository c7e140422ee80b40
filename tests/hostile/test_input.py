"""Whatever is sent to the API is refused in words or stored as it is: never a failure of ours."""

import logging

import pytest

from common import parameters
from tests.hostile.corpus import TEXTS, XSS, of_json
from tests.hostile.doors import doors
from tests.hostile.senders import Doorman, api_doors, fields_of, sent_by, value_for

pytestmark = pytest.mark.django_db

JSON = "application/json"


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
    assert doorman.asked > 100


def test_the_fields_of_a_door_are_found_in_its_code(world):
    found = {
        (door.name, method): {name for sent in sent_by(door, method) for name in fields_of(sent)}
        for door, method in api_doors(doors(world.rows))
    }
    assert {"medium", "body", "subject"} <= found["api-conversations", "post"]
    assert {"url", "events", "description"} <= found["api-webhooks", "post"]
    assert {"headline", "channels"} <= found["api-case-selection", "post"]
    assert sum(bool(names) for names in found.values()) >= 15


def test_hostile_text_in_every_field(world, doorman):
    for door, method in api_doors(doors(world.rows)):
        for sent in sent_by(door, method):
            fields = fields_of(sent)
            for what, text in [*TEXTS.items(), *((one[:30], one) for one in XSS)]:
                body = {n: value_for(f, text, world.rows) for n, f in fields.items()}
                doorman.send(door, method, what, data=of_json(body), content_type=JSON)
