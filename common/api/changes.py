"""Delta sync: what changed since my cursor, for everything an app keeps."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common import changes, shapes
from common.rest import Endpoint, Sent, answers


class ChangesQuery(Sent):
    """Since when; left out, the cursor of now is handed out."""

    cursor = serializers.CharField(
        required=False, default="", allow_blank=True, help_text="The cursor of the last answer."
    )


class Changes(Endpoint):
    """What changed."""

    @extend_schema(parameters=[ChangesQuery], responses=answers({200: shapes.Changes}, 400, 409))
    def get(self, request: Request) -> Response:
        """Tell what changed since a cursor; without one, hand out the cursor to read everything by."""
        raw: Any = self.query(ChangesQuery)["cursor"]
        found = changes.changes_for(request.user, raw, now=timezone.now())
        return Response(
            {"cursor": found.cursor, "has_more": found.has_more, "changed": found.changed}
        )
