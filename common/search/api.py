"""``GET /api/v1/search/``: one question to everything the asker may see."""

from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.rest import Endpoint, Sent
from common.search.finding import LIMIT, Group, search
from common.search.kinds import ADMIN, DESK, ME, Hit, kinds
from common.search.query import parse
from common.search.shapes import SearchShape

MOST = 50


class SearchQuery(Sent):
    q = serializers.CharField(allow_blank=True, trim_whitespace=False, max_length=20_000)
    kinds = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    cursor = serializers.CharField(required=False, allow_blank=True, default="")
    limit = serializers.IntegerField(default=LIMIT, min_value=1, max_value=MOST)

    def validate_kinds(self, value: str) -> list[str]:
        """Take kinds apart at commas; refuse what is none."""
        asked = [name.strip() for name in value.split(",") if name.strip()]
        known = [kind.name for kind in kinds()]
        if any(name not in known for name in asked):
            raise serializers.ValidationError(
                _("Known kinds: %(kinds)s.") % {"kinds": ", ".join(known)}
            )
        return asked


class Search(Endpoint):
    resource = "search"

    @extend_schema(
        parameters=[
            OpenApiParameter("q", str, required=True, description="Two characters are enough."),
            OpenApiParameter("kinds", str, description="Kinds, comma between; all when left out."),
            OpenApiParameter(
                "cursor", str, description="A group's next_cursor, with its one kind."
            ),
            OpenApiParameter("limit", int, description="Hits of each kind, at most 50."),
        ],
        responses=SearchShape,
    )
    def get(self, request: Request) -> Response:
        """Find what the signed-in person may see, a group a kind, newest first."""
        sent = self.query(SearchQuery)
        user: Any = request.user
        groups = search(
            user,
            sent["q"],
            kinds=sent["kinds"],
            cursor=sent["cursor"],
            limit=sent["limit"],
            door=door_of(user),
        )
        return Response(
            {
                "data": [as_json(group) for group in groups],
                "too_short": parse(sent["q"]).is_too_short,
            }
        )


def door_of(user: Any) -> str:
    """Return the door at which what ``user`` found opens."""
    if user.can("desk.use"):
        return DESK
    return ADMIN if user.can("admin.use") else ME


def as_json(group: Group) -> dict[str, Any]:
    """Return a group as clients get it."""
    return {
        "kind": group.kind.name,
        "label": str(group.kind.label),
        "icon": group.kind.icon,
        "data": [hit_as_json(hit) for hit in group.hits],
        "next_cursor": group.next_cursor or None,
    }


def hit_as_json(hit: Hit) -> dict[str, Any]:
    """Return a hit as clients get it."""
    return asdict(hit) | {
        "title": hit.title.as_json(),
        "snippet": hit.snippet.as_json() if hit.snippet else None,
    }
