"""What our own people do about shops at the API: find a case, rule an appeal, act on a shop."""

import uuid
from typing import Any

from django.http import Http404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import SignedIn
from common.errors import DomainError
from common.rest import Endpoint, accepted, answers
from merchants.actions.appeals import rule_appeal
from merchants.actions.shop_acts import act_on_shop, approve_act, undo_act
from merchants.actions.violations import detect_violation
from merchants.models import Appeal, Rule, Shop, ShopAct, Violation
from merchants.penalties import shapes
from merchants.penalties.api import FileForm, ShopCaseFiles
from merchants.queries.cases import restored_lines


def rule_called(code: str) -> Rule:
    """Return the rule called ``code``. Raises ``violation.no_rule``."""
    found = Rule.objects.filter(code=code).first()
    if found is None:
        raise DomainError("violation.no_rule", _("There is no such rule."))
    return found


class Violations(Endpoint):
    """Cases that are opened."""

    @extend_schema(
        request=shapes.FindViolation, responses=answers({201: shapes.FoundCase}, 400, 404, 409, 422)
    )
    def post(self, request: SignedIn) -> Response:
        """Open a case against a shop by the rule in force at the act; the shop hears nothing yet."""
        if not request.user.can("penalties.propose"):
            raise Http404
        sent = accepted(shapes.FindViolation, request.data)
        shop = Shop.objects.filter(shop_no=sent.pop("shop_no")).first()
        if shop is None:
            raise Http404
        case = detect_violation(shop, rule=rule_called(sent.pop("rule")), **sent, by=request.user)
        facts = ("violation_no", "state", "violation_class", "points", "items")
        shown = {name: getattr(case, name) for name in facts}
        return Response(shown | {"rule_version": case.rule_version.number}, status=201)


class EvidenceFiles(ShopCaseFiles):
    """Files that show what a shop has done."""

    @extend_schema(
        request={"multipart/form-data": FileForm},
        responses=answers({201: shapes.CaseFile}, 400, 404, 409, 413, 415, 422),
    )
    def post(self, request: SignedIn, violation_no: str) -> Response:
        """Add a file to the evidence of a case, until the shop is told: it then reads it on its page."""
        seen = Violation.objects.for_work_of(request.user).filter(violation_no=violation_no[:20])
        case = (
            seen.select_related("shop").first() if request.user.can("penalties.propose") else None
        )
        if case is None:
            raise Http404
        return self.taken(request, case)


class Rulings(Endpoint):
    """The ruling of an appeal."""

    @extend_schema(
        request=shapes.RuleAppeal, responses=answers({201: shapes.AppealRuling}, 400, 404, 409, 422)
    )
    def post(self, request: SignedIn, violation_no: str) -> Response:
        """Rule an appeal, once and finally; whoever touched the case before is refused."""
        appeal = (
            Appeal.objects.visible_to(request.user)
            .filter(penalty__violation__violation_no=violation_no[:20])
            .select_related("penalty__violation", "penalty__shop")
            .first()
        )
        if appeal is None:
            raise Http404
        ruling = rule_appeal(appeal, **accepted(shapes.RuleAppeal, request.data), by=request.user)
        facts = ("outcome", "points_before", "points_after", "reason", "citation", "at")
        shown = {name: getattr(ruling, name) for name in facts}
        return Response(shown | {"restored": restored_lines(appeal)}, status=201)


class ShopActs(Endpoint):
    """What is done to a shop at once."""

    @extend_schema(
        request=shapes.ActNow, responses=answers({201: shapes.ActOnShop}, 400, 404, 409, 422)
    )
    def post(self, request: SignedIn, shop_no: str) -> Response:
        """Close, restrict, delist or reward a shop; above one's limit it waits for a second person."""
        if not request.user.can("shops.act"):
            raise Http404
        shop = Shop.objects.filter(shop_no=shop_no[:32]).first()
        if shop is None:
            raise Http404
        sent = accepted(shapes.ActNow, request.data)
        code = sent.pop("rule", "")
        rule = rule_called(code) if code else None
        return _act(act_on_shop(shop, **sent, rule=rule, by=request.user), 201)


class ShopActApprovals(Endpoint):
    """The second person's yes."""

    @extend_schema(
        request=shapes.GivenReason, responses=answers({200: shapes.ActOnShop}, 400, 404, 409, 422)
    )
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Stand by what a colleague wants to do to a shop above their limit."""
        act = _seen(request, key)
        return _act(
            approve_act(act, **accepted(shapes.GivenReason, request.data), by=request.user), 200
        )


class ShopActUndoings(Endpoint):
    """That it is taken back."""

    @extend_schema(
        request=shapes.GivenReason, responses=answers({200: shapes.ActOnShop}, 400, 404, 409, 422)
    )
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Take an act on a shop back within its window: the shop is as it was."""
        act = _seen(request, key)
        return _act(
            undo_act(act, **accepted(shapes.GivenReason, request.data), by=request.user), 200
        )


def _seen(request: SignedIn, key: uuid.UUID) -> ShopAct:
    act = ShopAct.objects.visible_to(request.user).select_related("shop").filter(pk=key).first()
    if act is None:
        raise Http404
    return act


def _act(act: ShopAct, status: int) -> Response:
    facts = ("kind", "days", "limit_days", "state", "until", "undo_until", "before", "after")
    shown: dict[str, Any] = {name: getattr(act, name) for name in facts}
    return Response({"id": act.public_key, "shop_no": act.shop.shop_no} | shown, status=status)
