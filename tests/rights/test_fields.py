"""Nothing is written by a field that nobody declared: asked of every writing address of the description."""

import copy
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.accounts.test_devices import bearer, device_of
from tests.contract.description import openapi, operations
from tests.hostile.doors import patterns
from tests.rights.asking import BODIES, url_of
from tests.rights.house import ROLES, undone
from tests.rights.matrix import MATRIX

pytestmark = pytest.mark.django_db

_PART = re.compile(r"<(?:\w+:)?(\w+)>")
NAMED = {"/" + _PART.sub(r"{\1}", route): (route, pattern.name) for route, pattern in patterns()}
WRITING = {name: one for name, one in operations().items() if one[0] != "get"}
EXTRA = {"is_superuser": True}


def schema_of(one) -> dict | None:
    """Return what an operation takes, None where it takes no body."""
    if "requestBody" not in one:
        return None
    ((_kind, body),) = one["requestBody"]["content"].items()
    return body["schema"]


def open_objects(schema, path="") -> list[str]:
    """Return where ``schema`` takes fields it does not name."""
    if "$ref" in schema:
        schema = openapi()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    found = []
    if "properties" in schema and schema.get("additionalProperties") is not False:
        found.append(path or "body")
    for name, part in schema.get("properties", {}).items():
        found += open_objects(part, f"{path}.{name}")
    inner = [*schema.get("allOf", []), *schema.get("oneOf", [])]
    for part in [*inner, schema["items"]] if "items" in schema else inner:
        found += open_objects(part, path)
    return found


def test_every_writing_address_has_its_row():
    assert len(WRITING) > 45
    assert {(NAMED[path][1], method) for method, path, _one in WRITING.values()} <= set(MATRIX)


def test_no_object_that_is_taken_is_open():
    taken = {name: schema_of(one) for name, (_method, _path, one) in WRITING.items()}
    found = {name: open_objects(schema) for name, schema in taken.items() if schema}
    assert {name: where for name, where in found.items() if where} == {}


def with_extra(body: dict):
    """Yield ``body`` with one field more: beside the others, then in each object it holds."""
    yield "#/is_superuser", body | EXTRA
    for name, part in body.items():
        if isinstance(part, dict):
            inner = copy.deepcopy(body)
            inner[name] |= EXTRA
            yield f"#/{name}/is_superuser", inner


@pytest.mark.parametrize("operation", sorted(WRITING))
def test_a_field_more_is_refused_by_its_name(operation, house):
    method, path, _one = WRITING[operation]
    route, name = NAMED[path]
    row = MATRIX[name, method]
    role = next(role for role in ROLES if role in row.own)
    rows, client = house.own(role), house.client(role)
    body = BODIES.get((name, method), lambda _rows: {})(rows)
    kind = {"content_type": "application/json"}
    headers = {}
    if operation in {
        "uploadAttachment",
        "uploadCaseFile",
        "uploadComplaintFile",
        "uploadEvidence",
    }:
        body, kind = {"file": SimpleUploadedFile("a.txt", b"hello")}, {}
    for pointer, sent in with_extra(body):
        with undone():
            if operation == "signOut":  # an app's own door
                headers = bearer(device_of(house.side(role).people[ROLES[role]]).access)
            url = url_of(route, name, method, rows)
            answer = getattr(client, method)(url, sent, headers=headers, **kind)
        assert answer.status_code == 400, answer.content.decode()
        refused = [(one["pointer"], one["code"]) for one in answer.json()["errors"]]
        assert refused == [(pointer, "unknown")]
