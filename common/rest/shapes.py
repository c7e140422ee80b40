"""The shapes every address may answer with, and a short way to declare them."""

from typing import Any

from django.utils.functional import lazy
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from common.rest.problems import status_title

PROBLEM = "application/problem+json"
_ALWAYS = (401, 403, 429)


class Mistake(serializers.Serializer[Any]):
    """One thing that cannot be used in what was sent."""

    pointer = serializers.CharField(
        help_text="JSON pointer into the body, or into the query's names"
    )
    code = serializers.CharField()
    detail = serializers.CharField()
    # ``in`` is a word of Python: added below.


Mistake._declared_fields["in"] = serializers.ChoiceField(
    ["query"], required=False, help_text="where: left out for the body"
)


class Problem(serializers.Serializer[Any]):
    """A refusal (RFC 9457). Further members are facts that help to go on."""

    type = serializers.CharField(help_text="about:blank: ``code`` is what to go by")
    title = serializers.CharField(help_text="what kind of refusal; the same for all of a status")
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="a sentence for people, in their language")
    instance = serializers.CharField(help_text="the address that was asked")
    code = serializers.CharField(help_text="stable; what programs go by")
    request_id = serializers.CharField(help_text="finds the request in our log")
    errors = Mistake(many=True, required=False)  # type: ignore[assignment]


def answers(shapes: dict[Any, Any], *refusals: int) -> dict[Any, Any]:
    """Return what an address may answer: ``shapes`` by status, and problem documents for the rest.

    Not signed in, not allowed and too fast are possible everywhere and are added.
    """
    problems = {
        (status, PROBLEM): OpenApiResponse(Problem, description=lazy(status_title, str)(status))
        for status in sorted({*refusals, *_ALWAYS})
    }
    return {**shapes, **problems}
