"""REST of personal data: one field revealed with a reason, and who has looked at mine."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.access_log import access_page
from accounts.actions import (
    ask_about_data,
    budget_of,
    cancel_request,
    reveal,
    revealed_today,
)
from accounts.api import SignedIn
from accounts.models import (
    Member,
    PersonalDataRequest,
    PersonalField,
    Purpose,
    RequestKind,
    RequestState,
)
from accounts.queries import own_member
from accounts.shapes import AccessPage, DataRequest, RequestList, Revealed
from common.addresses import address_of
from common.ids import public_key
from common.parameters import value
from common.rest import Endpoint, Nothing, PageQuery, Sent, accepted, answers


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


class RequestSent(Sent):
    """What a member asks about their data."""

    kind = serializers.ChoiceField(RequestKind.choices)
    field = serializers.ChoiceField(
        [name for name in PersonalField.values if name != PersonalField.TEXT],
        required=False,
        default="",
        allow_blank=True,
    )
    wish = serializers.CharField(
        required=False, default="", allow_blank=True, trim_whitespace=False
    )


def member_asking(request: SignedIn) -> Member:
    """Return the member who asks; to everybody else this address has nothing."""
    member = own_member(request.user)
    if member is None:
        raise Http404
    return member


def _asked(request: SignedIn, key: UUID) -> PersonalDataRequest:
    return get_object_or_404(PersonalDataRequest, member=member_asking(request), pk=key)


def request_card(row: PersonalDataRequest) -> dict[str, Any]:
    """Return a request as JSON."""
    is_ready = row.state == RequestState.READY
    return {
        "id": public_key("prq", row.pk),
        "request_no": row.request_no,
        "kind": row.kind,
        "state": row.state,
        "state_label": row.get_state_display(),
        "asked_at": row.asked_at,
        "due_at": row.due_at,
        "ended_at": row.ended_at,
        "ground": row.ground or None,
        "answer": row.answer or None,
        "package": {
            "url": reverse("privacy-download", args=[row.pk]),
            "size": row.package_size,
            "sha256": row.package_sha256,
            "expires_at": row.package_expires_at,
        }
        if is_ready
        else None,
    }


class DataRequests(Endpoint):
    """What I have asked about my data."""

    @extend_schema(responses=answers({200: RequestList}, 404))
    def get(self, request: SignedIn) -> Response:
        """List the signed-in member's requests about their data, newest first."""
        rows = PersonalDataRequest.objects.filter(member=member_asking(request)).order_by("-pk")
        return no_store(self.page([request_card(row) for row in rows[:50]], None))

    @extend_schema(
        request=RequestSent, responses=answers({200: DataRequest, 201: DataRequest}, 404)
    )
    def post(self, request: SignedIn) -> Response:
        """Ask for a copy, for erasure or for a correction; asking again while it runs changes nothing."""
        sent = accepted(RequestSent, request.data)
        asked, made = ask_about_data(
            member_asking(request),
            sent["kind"],
            by=request.user,
            field=sent["field"],
            wish=sent["wish"],
        )
        return no_store(Response(request_card(asked), status=201 if made else 200))


class OneDataRequest(Endpoint):
    """One of my requests."""

    @extend_schema(responses={200: DataRequest})
    def get(self, request: SignedIn, key: UUID) -> Response:
        """Show one of the signed-in member's requests."""
        return no_store(Response(request_card(_asked(request, key))))

    @extend_schema(responses={200: DataRequest})
    def delete(self, request: SignedIn, key: UUID) -> Response:
        """Withdraw a request that still runs."""
        accepted(Nothing, request.data)
        return no_store(
            Response(request_card(cancel_request(_asked(request, key), by=request.user)))
        )


class Accesses(Endpoint):
    """Who has looked at my data."""

    @extend_schema(parameters=[PageQuery], responses=answers({200: AccessPage}, 404))
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
