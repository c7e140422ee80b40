"""What the description says, the house does: schemathesis asks every operation, well and badly.

In process, against the WSGI application, by the bearer tokens of several roles, with rows that exist
where a path asks for one. The same examples on every run; each is undone before the next.
"""

import itertools
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.actions import sign_in_device
from accounts.models import User
from common import parameters
from common.ids import public_key
from common.parameters import set_value
from config.openapi.operations import TAGS
from tests.contract.description import openapi
from tests.hostile.world import World, build

EXAMPLES_OF_EACH_KIND = 5
ROLES = ("mei", "bo", "sen", "ops", "he")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
# Where a wrong value is answered well on purpose, and why.
NOT_REJECTED: dict[str, str] = {}


@pytest.fixture(autouse=True)
def one_connection():
    """Keep the test's connection over many requests, as the test client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def world(request: Any, db: None) -> World:
    world = build(request)
    for scope in ("reads", "writes", "strangers"):
        set_value(f"api.{scope}_a_minute", 1_000_000, by=None, reason="测试")
    parameters.forget()
    return world


def bearer_of(user: User) -> dict[str, str]:
    """Return the header of an app that ``user`` is signed in with."""
    tokens = sign_in_device(
        user,
        method="password",
        name="phone",
        platform="ios",
        app_version="1",
        address="127.0.0.1",
        now=timezone.now(),
    )
    return {"Authorization": f"Bearer {tokens.access}"}


def rows_of(world: World) -> dict[str, str]:
    """Return an id that exists, by its prefix."""
    conversation, case, edition, webhook, *_more = world.rows["key"]
    return {
        "cnv": public_key("cnv", conversation),
        "cas": public_key("cas", case),
        "edn": public_key("edn", edition),
        "whk": public_key("whk", webhook),
    }


def real_path(operation: Any, rows: dict[str, str]) -> dict[str, Any] | None:
    """Return path parameters that lead somewhere; None when the world has nothing there."""
    known = {
        "member_no": "M10000001",
        "order_no": "2611200341700001",
        "product_no": "G300101",
        "shop_no": "S3001",
        "seq": 1,
        "code": "fresh",
    }
    found: dict[str, Any] = {}
    for parameter in operation.path_parameters:
        schema = parameter.definition["schema"]
        prefix = schema.get("pattern", "")[1:4]
        key = known.get(parameter.name) or rows.get(prefix)
        if key is None:
            return None
        found[parameter.name] = key
    return found


def refuses_as_it_says(ctx: Any, response: Any, case: Any) -> None:
    """Check that a refusal's code is among those the operation names."""
    if response.status_code >= 400:
        code = response.json()["code"]
        said = case.operation.definition.raw["responses"].get(str(response.status_code), {})
        named = said.get("x-codes", [])
        assert code in named, f"{response.status_code} {code} is not among {named}"


def ask(operation: Any, mode: GenerationMode, headers: list[dict[str, str]], path: Any) -> int:
    """Ask one operation its examples; return how many were asked."""
    turns = itertools.cycle(headers)
    asked = 0
    checks = [one for one in CHECKS if one is not negative_data_rejection]
    if mode.is_negative and operation.definition.raw["operationId"] not in NOT_REJECTED:
        checks = CHECKS

    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=path))
    @settings(
        max_examples=EXAMPLES_OF_EACH_KIND,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def examples(case: Any) -> None:
        nonlocal asked
        asked += 1
        with transaction.atomic():
            case.call_and_validate(
                headers=next(turns), checks=checks, additional_checks=[refuses_as_it_says]
            )
            transaction.set_rollback(True)

    examples()
    return asked


@pytest.mark.parametrize("tag", TAGS)
def test_no_failure_and_no_lie(tag, world, caplog):
    caplog.set_level("ERROR", "django.request")
    headers = [bearer_of(world.people[name]) for name in ROLES]
    schema = schemathesis.openapi.from_dict(openapi())
    schema.app = get_wsgi_application()
    rows, lies, asked = rows_of(world), [], 0
    for result in schema.include(tag=tag).get_all_operations():
        operation = result.ok()
        paths = [None]
        if operation.path_parameters and (path := real_path(operation, rows)):
            paths.append(path)
        for mode, path in itertools.product(GenerationMode, paths):
            try:
                asked += ask(operation, mode, headers, path)
            except (Exception, BaseExceptionGroup) as lie:
                if type(lie).__name__ == "Unsatisfiable":
                    continue
                found = getattr(lie, "exceptions", [lie])
                words = "; ".join(f"{type(one).__name__}: {one}" for one in found)
                lies.append(f"{operation.label} ({mode}, {path}): {words}")
    if lies:
        pytest.fail("\n\n".join(lies), pytrace=False)
    assert asked
