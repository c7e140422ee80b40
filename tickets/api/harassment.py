"""Harassment: marked at the desk, judged by a second person; what is limited, as the member reads it."""

import uuid
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import SignedIn
from accounts.models import User
from accounts.queries import own_member
from common.rest import Endpoint, KeyField, Nothing, PageQuery, RowLimit, Sent, accepted, answers
from tickets import shapes
from tickets.actions.appeals import file_appeal
from tickets.actions.blocks import confirm_case
from tickets.actions.harassment import MOST_QUOTES, dismiss_case, mark_harassment, take_rest
from tickets.api.base import at_the_desk
from tickets.models import ContactBlock, Grade, Ground, HarassmentCase
from tickets.queries.harassment import block_card, blocks_of, case_card, case_page, member_cards

DECIDED = answers({200: shapes.HarassmentCase}, 400, 404, 409, 422)


class Mark(Sent):
    """What a member did, in which of their messages."""

    grade = serializers.ChoiceField(Grade.choices, help_text="0 to 3: note, warning, second, end")
    ground = serializers.ChoiceField(Ground.choices)
    reason = serializers.CharField(allow_blank=True, trim_whitespace=False)
    quotes = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**31 - 1), default=list,
        max_length=MOST_QUOTES, help_text="numbers of the member's own messages",
    )  # fmt: skip


class Confirmation(Sent):
    """A second person's yes."""

    has_request = serializers.BooleanField(
        help_text="a real request inside: the talk goes on in writing"
    )
    reason = serializers.CharField(allow_blank=True, trim_whitespace=False)
    owner = KeyField("usr", required=False, help_text="who goes on in writing")


class Dismissal(Sent):
    """A second person's no."""

    reason = serializers.CharField(allow_blank=True, trim_whitespace=False)


class AppealText(Sent):
    """What the member says."""

    text = serializers.CharField(allow_blank=True, trim_whitespace=False)


class CaseQuery(PageQuery):
    """Which cases: all one may see, or those that wait for a second person."""

    state = serializers.ChoiceField(["waiting"], required=False, default="", allow_blank=True)
    limit = RowLimit(default=30)


class CaseEndpoint(Endpoint):
    """For who works with members; for everybody else there is nothing here."""

    right = "harassment.confirm"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not request.user.can(self.right):  # type: ignore[union-attr]
            raise Http404

    def case(self, user: User, key: uuid.UUID) -> HarassmentCase:
        """Return a case ``user`` may see, or answer as if there were none."""
        found = HarassmentCase.objects.visible_to(user).filter(pk=key).first()
        if found is None:
            raise Http404
        return found


class Marks(Endpoint):
    """Harassment in one conversation."""

    @extend_schema(
        request=Mark,
        responses=answers(
            {201: shapes.HarassmentCase, 200: shapes.HarassmentCase}, 400, 404, 409, 422
        ),
    )
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Mark harassment: H1 and H2 warn at once, H3 waits for a second person (200 when it does already)."""
        conversation = at_the_desk(request.user, key)
        sent = accepted(Mark, request.data)
        marked = mark_harassment(conversation, **sent, by=request.user)
        card = case_card(marked.case, request.user)
        return Response(card, status=201 if marked.made else 200)


class Cases(CaseEndpoint):
    """What was marked."""

    @extend_schema(
        parameters=[CaseQuery], responses=answers({200: shapes.HarassmentCasePage}, 400, 404, 409)
    )
    def get(self, request: SignedIn) -> Response:
        """List harassment cases, newest first; for who may confirm them."""
        return self.page(*case_page(request.user, **self.query(CaseQuery)))


class Confirmations(CaseEndpoint):
    """A case gets a second person's yes."""

    @extend_schema(request=Confirmation, responses=DECIDED)
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Confirm an H3 somebody else has marked: limits, credit, end of contact."""
        case = self.case(request.user, key)
        sent = accepted(Confirmation, request.data)
        owner = None
        if "owner" in sent:
            owner = User.objects.filter(public_id=sent["owner"]).first()
            if owner is None:
                raise Http404
        confirm_case(
            case,
            has_request=sent["has_request"],
            reason=sent["reason"],
            owner=owner,
            by=request.user,
        )
        return Response(case_card(case, request.user))


class Dismissals(CaseEndpoint):
    """A case gets a second person's no."""

    @extend_schema(request=Dismissal, responses=DECIDED)
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Dismiss what somebody else has marked; a warning is taken back."""
        case = self.case(request.user, key)
        reason = accepted(Dismissal, request.data)["reason"]
        dismiss_case(case, reason=reason, by=request.user)
        return Response(case_card(case, request.user))


class Rests(CaseEndpoint):
    """The rest that is offered to who was harassed."""

    right = "desk.use"

    @extend_schema(request=Nothing, responses=DECIDED)
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Take the rest offered after one's own case was confirmed: one goes on a break."""
        case = HarassmentCase.objects.filter(marked_by=request.user, pk=key).first()
        if case is None:
            raise Http404
        accepted(Nothing, request.data)
        return Response(case_card(take_rest(case, by=request.user), request.user))


class OwnLimits(Endpoint):
    """What limits my contact."""

    @extend_schema(responses=answers({200: shapes.ContactBlockPage}, 404))
    def get(self, request: SignedIn) -> Response:
        """List what limits, or has limited, the signed-in member's contact, and why; newest first."""
        if own_member(request.user) is None:
            raise Http404
        return self.page(member_cards(request.user, timezone.now()), None)


class Appeals(Endpoint):
    """An appeal against a limit."""

    @extend_schema(
        request=AppealText, responses=answers({200: shapes.ContactBlock}, 400, 404, 409, 422)
    )
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Appeal against a limit of one's own, once and in time."""
        block = blocks_of(request.user).filter(pk=key).first()
        if block is None or own_member(request.user) is None:
            raise Http404
        text = accepted(AppealText, request.data)["text"]
        filed: ContactBlock = file_appeal(block, text=text, by=request.user)
        return Response(block_card(filed, timezone.now()))
