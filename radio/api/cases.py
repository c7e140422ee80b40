"""Cases: pushed to the kitchen, what became of them, and how screeners decide."""

import uuid
from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import SignedIn
from accounts.models import User
from common.rest import KeyField, PageQuery, RowLimit, Sent, accepted, answers
from radio import shapes
from radio.actions import merge_case, reject_case, select_case, submit_case
from radio.api.base import PushesCases, RadioEndpoint
from radio.models import Case, Channel, Severity
from radio.queries.cases import case_card, case_for, cases_in_kitchen, fates, pushed_by, viewer
from tickets.models import Conversation

DECIDED = answers({200: shapes.Case}, 400, 403, 404, 409, 422)


class NewCase(Sent):
    """A conversation the business should hear of, and why."""

    conversation = KeyField("cnv")
    # The text gate trims and measures; here only the type is asked.
    reason = serializers.CharField(trim_whitespace=False)
    headline = serializers.CharField(allow_blank=True, default="", trim_whitespace=False)
    quotes = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**31 - 1),
        default=list,
        max_length=200,
    )


class Selection(Sent):
    """Into which channels a case goes, under which title."""

    channels = serializers.ListField(child=serializers.SlugField(max_length=40), max_length=100)
    headline = serializers.CharField(allow_blank=True, trim_whitespace=False)
    severity = serializers.ChoiceField(Severity.choices, allow_blank=True, default="")


class Merger(Sent):
    """What a case is counted to."""

    into = KeyField("cas")


class Rejection(Sent):
    """Why a case is returned."""

    reason = serializers.CharField(allow_blank=True, trim_whitespace=False)


class CaseQuery(PageQuery):
    """Which cases: pushed by oneself, waiting in the kitchen, or that of one conversation."""

    scope = serializers.ChoiceField(["pushed_by_me", "kitchen"], default="pushed_by_me")
    conversation = KeyField("cnv", required=False)
    limit = RowLimit(default=30)


class CaseEndpoint(RadioEndpoint):
    """An address that answers with one case."""

    permission_classes = [PushesCases]

    def shown(self, case: Case, user: User, status: int = 200) -> Response:
        """Answer with the case as ``user`` sees it now."""
        found = fates(Case.objects.filter(pk=case.pk)).get()
        return Response(case_card(found, viewer(user, timezone.now())), status=status)

    def case_in_kitchen(self, user: User, key: uuid.UUID) -> Case:
        """Return a case for a screener."""
        found = Case.objects.visible_to(user).filter(pk=key).first()
        if found is None:
            raise Http404
        return found


class Cases(CaseEndpoint):
    """Cases somebody may see."""

    resource = "cases"
    shape = shapes.Case

    @extend_schema(parameters=[CaseQuery], responses=answers({200: shapes.CasePage}, 400, 404, 409))
    def get(self, request: SignedIn) -> Response:
        """List what became of one's own cases; for screeners what waits in the kitchen."""
        query = self.query(CaseQuery)
        now = timezone.now()
        cases, cursor = self._found(request.user, query, now)
        eyes = viewer(request.user, now)
        return self.page([case_card(case, eyes) for case in cases], cursor)

    @extend_schema(
        request=NewCase,
        responses=answers({201: shapes.Case, 200: shapes.Case}, 400, 403, 404, 409, 422),
    )
    def post(self, request: SignedIn) -> Response:
        """Push a conversation to the kitchen; one that is there already is answered with (200)."""
        sent = accepted(NewCase, request.data)
        conversation = (
            Conversation.objects.for_work_of(request.user).filter(pk=sent["conversation"]).first()
        )
        if conversation is None:
            raise Http404
        case, is_new = submit_case(
            conversation,
            reason=sent["reason"],
            headline=sent["headline"],
            quotes=sent["quotes"],
            by=request.user,
        )
        return self.shown(case, request.user, 201 if is_new else 200)

    def _found(self, user: User, query: dict[str, Any], now: datetime) -> tuple[list[Case], str]:
        if "conversation" in query:
            seen = Conversation.objects.for_work_of(user).filter(pk=query["conversation"])
            return list(fates(Case.objects.filter(conversation__in=seen))), ""
        if query["scope"] == "kitchen":
            if not user.can("radio.screen"):
                raise Http404
            page = cases_in_kitchen(user, now, cursor=query["cursor"], limit=query["limit"])
        else:
            page = pushed_by(user, cursor=query["cursor"], limit=query["limit"])
        return page.cases, page.next_cursor


class OneCase(CaseEndpoint):
    """One case."""

    resource = "cases"
    shape = shapes.Case

    @extend_schema(responses=answers({200: shapes.Case}, 404))
    def get(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Show one case and its fate."""
        now = timezone.now()
        case = case_for(request.user, key, now=now)
        if case is None:
            raise Http404
        return Response(case_card(case, viewer(request.user, now)))


class Selections(CaseEndpoint):
    """A case goes on air."""

    resource = "cases"

    @extend_schema(request=Selection, responses=DECIDED)
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Put a case into the next editions of its channels."""
        case, sent = self.case_in_kitchen(request.user, key), accepted(Selection, request.data)
        channels = Channel.objects.visible_to(request.user).filter(code__in=sent["channels"])
        select_case(
            case,
            channels=list(channels),
            headline=sent["headline"],
            severity=sent["severity"],
            by=request.user,
        )
        return self.shown(case, request.user)


class Mergers(CaseEndpoint):
    """A case is about the same thing as another one."""

    resource = "cases"

    @extend_schema(request=Merger, responses=DECIDED)
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Count a case to another one."""
        case, sent = self.case_in_kitchen(request.user, key), accepted(Merger, request.data)
        merge_case(case, into=self.case_in_kitchen(request.user, sent["into"]), by=request.user)
        return self.shown(case, request.user)


class Rejections(CaseEndpoint):
    """A case goes back to who pushed it."""

    resource = "cases"

    @extend_schema(request=Rejection, responses=DECIDED)
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Return a case with a reason."""
        case, sent = self.case_in_kitchen(request.user, key), accepted(Rejection, request.data)
        reject_case(case, reason=sent["reason"], by=request.user)
        return self.shown(case, request.user)
