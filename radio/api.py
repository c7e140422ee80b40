"""REST of the radio. Every row is looked up through ``visible_to``."""

import uuid

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import SignedIn
from accounts.models import User
from common.rest import Endpoint, KeyField, Sent, accepted
from radio.actions import mark_read, merge_case, reject_case, select_case, submit_case
from radio.models import Case, Channel, Edition, Severity
from radio.queries.cases import case_card, case_for, fates, pushed_by, viewer
from tickets.models import Conversation


class NewCase(Sent):
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
    channels = serializers.ListField(child=serializers.SlugField(max_length=40), max_length=100)
    headline = serializers.CharField(allow_blank=True, trim_whitespace=False)
    severity = serializers.ChoiceField(Severity.choices, allow_blank=True, default="")


class Merger(Sent):
    into = KeyField("cas")


class Rejection(Sent):
    reason = serializers.CharField(allow_blank=True, trim_whitespace=False)


class Read(Sent):
    cases = serializers.ListField(child=KeyField("cas"), required=False, max_length=200)


class CaseQuery(Sent):
    scope = serializers.ChoiceField(["pushed_by_me"], default="pushed_by_me")
    conversation = KeyField("cnv", required=False)
    cursor = serializers.CharField(required=False, default="")


class ReadsRadio(IsAuthenticated):
    """Who has nothing to do with the radio finds none of it."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if isinstance(request.user, User) and not request.user.can("radio.read"):
            raise Http404
        return super().has_permission(request, view)


class RadioView(Endpoint):
    permission_classes = [ReadsRadio]

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


class Cases(RadioView):
    """``GET``: what became of mine. ``POST``: push a conversation to the kitchen."""

    resource = "cases"

    def get(self, request: SignedIn) -> Response:
        query = accepted(CaseQuery, request.query_params)
        eyes = viewer(request.user, timezone.now())
        if "conversation" in query:
            seen = Conversation.objects.visible_to(request.user).filter(pk=query["conversation"])
            cases, cursor = list(fates(Case.objects.filter(conversation__in=seen))), ""
        else:
            page = pushed_by(request.user, cursor=query["cursor"])
            cases, cursor = page.cases, page.next_cursor
        data = [case_card(case, eyes) for case in cases]
        return Response({"data": data, "next_cursor": cursor or None})

    def post(self, request: SignedIn) -> Response:
        sent = accepted(NewCase, request.data)
        conversation = (
            Conversation.objects.visible_to(request.user).filter(pk=sent["conversation"]).first()
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


class OneCase(RadioView):
    """``GET``: one case and its fate."""

    resource = "cases"

    def get(self, request: SignedIn, key: uuid.UUID) -> Response:
        now = timezone.now()
        case = case_for(request.user, key, now=now)
        if case is None:
            raise Http404
        return Response(case_card(case, viewer(request.user, now)))


class Selections(RadioView):
    """``POST``: put a case into the next editions of its channels."""

    resource = "cases"

    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
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


class Mergers(RadioView):
    """``POST``: count a case to another one."""

    resource = "cases"

    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        case, sent = self.case_in_kitchen(request.user, key), accepted(Merger, request.data)
        merge_case(case, into=self.case_in_kitchen(request.user, sent["into"]), by=request.user)
        return self.shown(case, request.user)


class Rejections(RadioView):
    """``POST``: return a case with a reason."""

    resource = "cases"

    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        case, sent = self.case_in_kitchen(request.user, key), accepted(Rejection, request.data)
        reject_case(case, reason=sent["reason"], by=request.user)
        return self.shown(case, request.user)


class Readings(RadioView):
    """``POST``: note that stories of an edition were read (all of it without ``cases``)."""

    resource = "editions"

    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        edition = Edition.objects.visible_to(request.user).filter(pk=key).first()
        if edition is None:
            raise Http404
        cases = accepted(Read, request.data).get("cases")
        return Response({"read": mark_read(edition, cases=cases, by=request.user)})
