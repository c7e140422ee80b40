"""What is said about the REST is valid, complete, and readable by machines and people."""

import re
from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.urls import URLPattern, get_resolver
from jsonschema import Draft202012Validator, FormatChecker

from accounts.scopes import SCOPES
from config.openapi.examples import EXAMPLES
from config.openapi.operations import OPERATIONS, TAGS
from config.openapi.refusals import OWN
from tests.contract.description import METHODS, openapi, operations

OF_DJANGO = re.compile(r"<(?:\w+:)?(\w+)>")


def addresses(patterns: Any, before: str = "") -> set[tuple[str, str]]:
    """Return method and path of everything the resolver answers under /api/v1/."""
    found: set[tuple[str, str]] = set()
    for one in patterns:
        path = before + str(one.pattern)
        if not isinstance(one, URLPattern):
            found |= addresses(one.url_patterns, path)
        elif path.startswith("api/v1/"):
            view = one.callback.view_class
            found |= {
                (method, "/" + OF_DJANGO.sub(r"{\1}", path))
                for method in METHODS
                if hasattr(view, method)
            }
    return found


def test_it_is_generated_without_a_warning():
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())


def test_every_address_of_the_resolver_is_described_and_no_other():
    described = {(method, path) for method, path, _one in operations().values()}
    assert described == addresses(get_resolver().url_patterns)


def test_every_operation_is_named_and_no_name_is_left_over():
    assert sorted(operations()) == sorted(name for name, _tag in OPERATIONS.values())
    assert {tag for _name, tag in OPERATIONS.values()} == set(TAGS)
    assert set(OWN) <= set(operations()) >= set(EXAMPLES)


@pytest.mark.parametrize("name", sorted(name for name, _tag in OPERATIONS.values()))
def test_every_operation_says_what_it_does_who_may_and_how_it_refuses(name):
    method, path, one = operations()[name]
    assert one["summary"][0].isupper()
    assert len(one["tags"]) == 1
    for parameter in one.get("parameters", []):
        if parameter.get("in") == "path" and parameter["name"] in {"key", "delivery"}:
            schema = parameter["schema"]
            known = "pattern" in schema or schema.get("format") == "uuid"
            assert known or path.startswith("/api/v1/parameters/"), parameter
    for status, answer in one["responses"].items():
        assert answer["description"]
        assert "X-Request-Id" in answer["headers"]
        if int(status) >= 400:
            assert list(answer["content"]) == ["application/problem+json"]
            assert answer["x-codes"]
    if name not in {"signIn", "answerSecondStep", "refreshTokens"}:
        assert {"401", "403", "429"} <= set(one["responses"])
        assert {"device": []} in one["security"]
    scopes = [scope for need in one["security"] for scope in need.get("integration", [])]
    assert set(scopes) <= set(SCOPES)
    if method == "post" and "Idempotency-Key" in str(one.get("parameters")):
        assert {"409", "422"} <= set(one["responses"])


def examples() -> list[Any]:
    """Return every example with the schema it must fit."""
    found = []
    for name, (_method, _path, one) in operations().items():
        bodies = [one["requestBody"]] if "requestBody" in one else []
        for body in (*bodies, *one["responses"].values()):
            for content in body.get("content", {}).values():
                for example in content.get("examples", {}).values():
                    found.append(pytest.param(content["schema"], example["value"], id=name))
    return found


@pytest.mark.parametrize(("schema", "value"), examples())
def test_every_example_fits_its_schema(schema, value):
    whole = {**schema, "components": openapi()["components"]}
    checked = Draft202012Validator(whole, format_checker=FormatChecker())
    assert [error.message for error in checked.iter_errors(value)] == []


def test_strangers_read_it_as_json_and_as_yaml(client):
    as_json = client.get("/api/schema/")
    as_yaml = client.get("/api/schema/", headers={"accept": "application/yaml"})
    assert as_json["Content-Type"] == "application/vnd.oai.openapi+json"
    assert as_yaml["Content-Type"] == "application/vnd.oai.openapi"
    assert as_json.json() == yaml.safe_load(as_yaml.content) == openapi()
    again = client.get("/api/schema/", headers={"if-none-match": as_json["ETag"]})
    assert again.status_code == 304


def test_the_page_to_read_it_on_has_nothing_inline(client):
    page = client.get("/api/docs/")
    assert page.status_code == 200
    words = page.content.decode()
    assert "<style" not in words
    assert re.findall(r"<script(?![^>]*src=)", words) == []
    assert re.findall(r"""(?:src|href)=["'](?!/)""", words) == []
