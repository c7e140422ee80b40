"""Something of the wrong kind in every field of every writing address: refused in words, nothing written."""

from typing import Any

import pytest
from django.db import connection, transaction

from tests.contract.description import operations
from tests.hostile.corpus import KINDS, SLOW, of_json
from tests.hostile.doors import doors
from tests.hostile.schemas import (
    JSON,
    bodies,
    fits,
    good,
    leads_to_its_kind,
    path_of,
    places,
    with_value,
)

pytestmark = pytest.mark.django_db

# What is written about asking itself, whatever is asked.
ABOUT_ASKING = {
    "common_ratebucket",
    "django_session",
}


def written() -> dict[str, str]:
    """Return a print of every table."""
    tables = [one for one in connection.introspection.table_names() if one not in ABOUT_ASKING]
    asked = " UNION ALL ".join(
        f"SELECT '{table}', count(*) || ' ' || coalesce(sum(hashtext(t::text)::bigint), 0)"
        f' FROM "{table}" t'
        for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return dict(cursor.fetchall())


def writing(world: Any) -> dict[str, tuple[Any, str, Any]]:
    """Return each operation with a JSON body: a door to a row of its kind, the method and the schema."""
    found: dict[str, tuple[Any, str, Any]] = {}
    for door in doors(world.rows):
        for method in door.methods:
            name, schema = bodies().get((method, path_of(door)), ("", None))
            if name and leads_to_its_kind(door.url, world.rows):
                found.setdefault(name, (door, method, schema))
    return found


NAMES = sorted(name for name, _schema in bodies().values())


PRINTED = ("null", "a fraction", "a list of words", "an object with words", "deeper")


def kinds_for(place: tuple[str | int, ...]) -> list[tuple[str, Any]]:
    """Return what to put into a place; what is slow to send goes into the whole body's fields alone."""
    return [(what, one) for what, one in KINDS.items() if len(place) < 2 or what not in SLOW]


def test_every_writing_operation_has_a_door(world):
    assert sorted(writing(world)) == NAMES
    described = [one for _m, _p, one in operations().values() if "requestBody" in one]
    assert len(NAMES) >= len(described) - 4  # the four uploads take a form


@pytest.mark.parametrize("part", range(4))
def test_a_wrong_kind_is_refused_and_nothing_is_written(part, world, doorman):
    lies, asked = [], 0
    for door, method, schema in list(writing(world).values())[part::4]:
        body = good(schema, world.rows)
        before = written()
        for place, inner in [((), schema), *places(schema)]:
            for what, given in kinds_for(place):
                said = f"{method} {door.url} {'/'.join(map(str, place))} {what}"
                is_allowed = fits(inner, given)
                with transaction.atomic():
                    answer = doorman.send(
                        door, method, said, data=of_json(with_value(body, place, given)),
                        content_type=JSON,
                    )  # fmt: skip
                    transaction.set_rollback(is_allowed)
                asked += 1
                if is_allowed or 400 <= answer.status_code < 500:
                    if answer.status_code >= 400 and not answer.json().get("code"):
                        lies.append(f"{said}: no problem document")
                    continue
                lies.append(f"{said}: {answer.status_code}")
        after = written()
        lies += [
            f"{method} {door.url} wrote {table}" for table in after if after[table] != before[table]
        ]
    assert lies == []
    assert asked > 200


def test_a_retried_request_is_told_apart_whatever_it_carries(world, doorman):
    """The key of a retry is kept with a print of the body: whatever was read can be printed."""
    asked, kept = 0, 0
    for door, method, schema in writing(world).values():
        if method != "post":
            continue
        body = good(schema, world.rows)
        place = next((place for place, _inner in places(schema)), ())
        for what in ("good", *PRINTED):
            sent = body if what == "good" else with_value(body, place, KINDS[what])
            headers = {"Idempotency-Key": f"{what} {asked}"}
            with transaction.atomic():
                answer = doorman.send(
                    door, method, what, data=of_json(sent), content_type=JSON, headers=headers
                )
                again = doorman.send(
                    door, method, what, data=of_json(sent), content_type=JSON, headers=headers
                )
                transaction.set_rollback(True)
            asked += 1
            kept += again.headers.get("Idempotent-Replayed") == "true"
            assert again.status_code == answer.status_code, f"{door.url} {what}"
    assert asked > 100
    assert kept > 10
