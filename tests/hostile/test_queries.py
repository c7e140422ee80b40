"""Whatever stands behind the question mark: found, refused in words, or passed over; never a failure, never a leak."""

from collections.abc import Iterator
from functools import cache
from itertools import cycle, islice
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import User
from common.admin import BaseAdmin
from tests.contract.description import operations
from tests.hostile.corpus import QUERIES, VALUES
from tests.hostile.doors import Door, doors
from tests.hostile.schemas import leads_to_its_kind, path_of

pytestmark = pytest.mark.django_db

PARTS = 4
OF_NOBODY = 6
"""How many queries that nobody knows are put to one address; the next one is asked the next ones."""
OF_ITS_OWN = 8
"""How many values each parameter of an address's own is given."""
NOT_A_PAGE = {"cursor.bad", "changes.start_afresh"}


def is_answered(answer: Any) -> bool:
    """Tell whether there was an answer, or a refusal in words."""
    if answer.status_code == 409:
        return answer.json()["code"] in NOT_A_PAGE
    if answer.status_code == 400 and "json" in answer["Content-Type"]:
        return bool(answer.json()["code"])
    return answer.status_code in {200, 204, 302, 400, 401, 403, 404}


def read(world: Any) -> list[Door]:
    """Return the REST addresses that are read, with one row of the world in each."""
    found: dict[str, Door] = {}
    for door in doors(world.rows):
        if door.api and "get" in door.methods and leads_to_its_kind(door.url, world.rows):
            found.setdefault(door.route, door)
    return list(found.values())


def written(name: str, value: bytes) -> str:
    return f"{name}={quote_from_bytes(value)}"


@cache
def own_of(path: str) -> list[str]:
    """Return the parameters that the description gives a REST address."""
    found = {"fields"}
    for method, described, one in operations().values():
        if (method, described) == ("get", path):
            for parameter in one.get("parameters", []):
                if parameter.get("in") == "query":
                    found.add(parameter["name"])
    return sorted(found)


def asked_of(door: Door, values: Iterator[bytes], unknown: Iterator[tuple[str, str]]) -> list[str]:
    """Return queries for a REST address: what nobody knows, and hostile values of its own parameters."""
    queries = [written(name, value.encode()) for name, value in islice(unknown, OF_NOBODY)]
    queries.append("&".join(f"a{number}=1" for number in range(2_000)))
    for name in own_of(path_of(door)):
        queries += [written(name, value) for value in islice(values, OF_ITS_OWN)]
        queries.append(f"{name}=1&{name}=2&{name}[]=3&{name}[x]=4")
    return queries


@pytest.mark.parametrize("part", range(PARTS))
def test_every_list_of_the_rest_answers_or_refuses(part, world, doorman):
    wrong, seen = [], set()
    values, unknown = cycle(VALUES), cycle(QUERIES)
    for door in read(world)[part::PARTS]:
        for query in asked_of(door, values, unknown):
            answer = doorman.send(door, "get", query[:60], QUERY_STRING=query)
            seen.add(answer.status_code)
            if not is_answered(answer):
                wrong.append(f"{door.url}?{query[:80]} {answer.status_code}")
    assert wrong == []
    assert {200, 400} <= seen


# --- The back office ------------------------------------------------------------------------------

LISTS = sorted(admin.site._registry, key=lambda model: model._meta.label)


EVERY_LISTS = ("q", "o", "p", "older", "newer", "cols", "view", "all", "_facets")


def list_of(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def lookups(model: Any) -> Iterator[str]:
    """Yield what would read a field by comparing: each column of the list's rows, and who stands behind."""
    if not isinstance(admin.site._registry[model], BaseAdmin):
        return  # a page of a package, which superusers alone open
    for field in model._meta.concrete_fields:
        yield f"{field.name}__regex=^a"
        yield f"{field.attname}__gt=0"
        if field.is_relation:
            yield f"{field.name}__isnull__in=1"
            if field.related_model is User:
                yield f"{field.name}__password__startswith=p"


def own_parameters(model: Any, client: Any) -> list[str] | None:
    """Return what the filters of a list ask for; None for a page that is no list of rows."""
    context = client.get(list_of(model)).context or {}
    if "cl" not in context:
        return None
    names = {name for spec in context["cl"].filter_specs for name in spec.expected_parameters()}
    return sorted(name for name in names if name)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_list_of_the_back_office_can_be_asked_about_a_field(part, world, doorman):
    told = []
    client = doorman.clients["root"]
    for model in LISTS[part::PARTS]:
        url = list_of(model)
        own = own_parameters(model, client)
        if own is None:
            continue
        for query in lookups(model):
            if query.partition("=")[0] in own:
                continue
            answer = client.get(url, QUERY_STRING=query)
            doorman.asked += 1
            if not is_refused(answer):
                told.append(f"{url}?{query} {answer.status_code}")
    assert told == []


def is_refused(answer: Any) -> bool:
    """Tell whether a list told nothing: a bad request, back to the list as it opens, or no list."""
    sent_back = answer.status_code == 302 and answer["Location"].endswith("?e=1")
    return answer.status_code in (400, 404) or sent_back


@pytest.mark.parametrize("part", range(PARTS))
def test_a_list_of_the_back_office_takes_any_value(part, world, doorman):
    wrong = []
    client, values, unknown = doorman.clients["root"], cycle(VALUES), cycle(QUERIES)
    every_lists = cycle(EVERY_LISTS)
    for model in LISTS[part::PARTS]:
        url = list_of(model)
        names = [*(own_parameters(model, client) or []), *islice(every_lists, 4)]
        queries = [written(name, next(values)) for name in names]
        queries += [written(name, value.encode()) for name, value in islice(unknown, 4)]
        for query in queries:
            answer = client.get(url, QUERY_STRING=query)
            doorman.asked += 1
            if not is_answered(answer):
                wrong.append(f"{url}?{query[:80]} {answer.status_code}")
    assert wrong == []
