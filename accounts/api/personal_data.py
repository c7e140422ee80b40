"""REST of personal data: one field revealed with a reason, and who has looked at mine."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.access_log import access_page
from accounts.actions import budget_of, reveal, revealed_today
from accounts.api import SignedIn
from accounts.models import Member, PersonalField, Purpose
from accounts.shapes import AccessPage, Revealed
from common.addresses import address_of
from common.ids import public_key
from common.parameters import value
from common.rest import Endpoint, PageQuery, Sent, accepted


class RevealSent(Sent):
    """Which field of a member to show, and why."""

    field = serializers.ChoiceField(
        [name for name in PersonalField.values if name != PersonalField.TEXT]
    )
    purpose = serializers.ChoiceField(Purpose.choices, default=Purpose.OTHER)
    # The action asks for it and says so in words.
    reason = serializers.CharField(allow_blank=True, default="", trim_whitespace=False)


def no_store(response: Response) -> Response:
    """Keep what was revealed out of every cache."""
    response["Cache-Control"] = "private, no-store"
    return response


class Reveals(Endpoint):
    """One look at one field of one member."""

    keeps_answers = False

    @extend_schema(request=RevealSent, responses={201: Revealed})
    def post(self, request: SignedIn, member_no: str) -> Response:
        """Show one field of a member unmasked; the look is logged and the member sees it."""
        member = (
            Member.objects.visible_to(request.user)
            .select_related("user")
            .filter(member_no=member_no)
            .first()
        )
        if member is None:
            raise Http404
        sent = accepted(RevealSent, request.data)
        now = timezone.now()
        plain, row = reveal(
            member,
            sent["field"],
            by=request.user,
            reason=sent["reason"],
            purpose=sent["purpose"],
            address=address_of(request._request),
            now=now,
        )
        left = max(budget_of(request.user) - revealed_today(request.user, now), 0)
        body: dict[str, Any] = {
            "id": public_key("acc", row.pk),
            "field": row.field,
            "value": plain,
            "shown_for_seconds": int(value("personal_data.shown_for", now).total_seconds()),
            "left_today": left,
        }
        return no_store(Response(body, status=201))


class Accesses(Endpoint):
    """Who has looked at my data."""

    @extend_schema(parameters=[PageQuery], responses={200: AccessPage})
    def get(self, request: SignedIn) -> Response:
        """List who looked at the signed-in member's data, which field and why, newest first."""
        if not request.user.can("me.use"):
            raise Http404
        query = self.query(PageQuery)
        page = access_page(request.user, **query)
        data = [
            {
                "id": public_key("acc", line.id),
                "at": line.at,
                "who": line.who,
                "kind": line.kind,
                "what": line.what,
                "why": line.why,
            }
            for line in page.lines
        ]
        return no_store(self.page(data, page.next_cursor))
