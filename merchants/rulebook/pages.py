"""Pages of rules: in force for everybody who is signed in, drafts for the merchants who are asked."""

from functools import wraps
from typing import Any, Protocol

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.people import signed_in
from common.errors import DomainError, Forbidden, NotFound
from merchants.actions.consultations import LONGEST_COMMENT, say_of_draft
from merchants.frame import frame
from merchants.models import Choice, RuleFamily, StaffAccount
from merchants.rulebook import reading
from merchants.rulebook.rules import Spared


class _View(Protocol):
    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse: ...


def for_merchants(view: _View) -> _View:
    """Open a page to who works for a merchant; for anybody else it is not there."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not StaffAccount.objects.of(signed_in(request)).exists():
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@login_required
def rules(request: HttpRequest) -> HttpResponse:
    """List the rules in force; two characters find."""
    return render(request, "merchants/rules/list.html", _list(request) | {"at": "rules"})


@require_safe
@login_required
def rule(request: HttpRequest, code: str) -> HttpResponse:
    """Go to the version that holds, or to the newest that was published."""
    card = reading.rule_card(code, timezone.now())
    if card is None:
        raise Http404
    number = card["in_force"] or card["versions"][0]["number"]
    return redirect("rule-version", code, number)


@require_safe
@login_required
def version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show one version: the text, or what changed against another one."""
    card = reading.version_card(code, number)
    whole = reading.rule_card(code, timezone.now())
    if card is None or whole is None:
        raise Http404
    diff = None
    if "against" in request.GET:
        given = request.GET["against"]
        diff = reading.diff_card(
            code, number, int(given) if given.isdecimal() and len(given) <= 5 else -1
        )
        if diff is None:
            raise Http404
    context = {
        "card": card,
        "rule": whole,
        "diff": diff,
        "paragraphs": card["text"].split("\n"),
        "spared": [Spared.of(one) for one in card["exceptions"]],
        "earlier": [one for one in whole["versions"] if one["number"] != number],
        "at": "rules",
        "works_for_merchant": _works_there(request),
    }
    return render(request, "merchants/rules/version.html", context)


@require_safe
@login_required
def download(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Hand out one version as a text file."""
    text = reading.download(code, number)
    if text is None:
        raise Http404
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{code}-{number}.txt"'
    return answer


@require_safe
@for_merchants
def shop_rules(request: HttpRequest) -> HttpResponse:
    """List the drafts one is asked about, above the rules in force."""
    drafts = reading.draft_list(signed_in(request), timezone.now())
    context = _list(request) | {"drafts": drafts, "open": [one for one in drafts if one["is_open"]]}
    return render(request, "merchants/rules/shop.html", context | {"at": "shop"} | frame("rules"))


@require_safe
@for_merchants
def draft(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show a draft with the voices, one's own, and what became of it."""
    return _draft_page(request, code, number)


@require_POST
@for_merchants
def voice(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Say what one's merchant thinks of a draft; what was typed stays when it is refused."""
    user = signed_in(request)
    version = reading.draft_of(user, code, number)
    if version is None:
        raise Http404
    typed = {name: request.POST.get(name, "") for name in ("choice", "comment", "merchant_no")}
    try:
        merchant = reading.merchant_for(user, typed["merchant_no"], version)
        say_of_draft(version, merchant, choice=typed["choice"], comment=typed["comment"], by=user)
    except (NotFound, Forbidden):
        raise Http404 from None
    except DomainError as refused:
        return _draft_page(request, code, number, refused=refused.message, typed=typed, status=422)
    messages.success(request, _("Said. You may change it until the end."))
    return redirect(reverse("shop-rule-draft", args=[code, number]) + "#own")


def _draft_page(
    request: HttpRequest,
    code: str,
    number: int,
    *,
    refused: str = "",
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    version = reading.draft_of(user, code, number)
    if version is None:
        raise Http404
    card = reading.draft_card(user, version, now)
    for own in card["own"]:
        given = typed if typed and typed["merchant_no"] in ("", own["merchant_no"]) else {}
        own["typed"] = {"choice": own["choice"], "comment": own["comment"]} | (given or {})
    context = {
        "card": card,
        "paragraphs": card["text"].split("\n"),
        "spared": [Spared.of(one) for one in card["exceptions"]],
        "choices": Choice.choices,
        "longest": LONGEST_COMMENT,
        "refused": refused,
        "at": "shop",
        "works_for_merchant": True,
        "total": sum(one["voices"] for one in card["split"]),
    } | frame("rules")
    return render(request, "merchants/rules/draft.html", context, status=status)


def _list(request: HttpRequest) -> dict[str, Any]:
    family = request.GET.get("family", "")
    family = family if family in RuleFamily.values else ""
    q = request.GET.get("q", "")[:60]
    rows, cursor = _page(request, family, q)
    return {
        "rules": rows,
        "next_cursor": cursor,
        "family": family,
        "families": RuleFamily.choices,
        "q": q,
        "works_for_merchant": _works_there(request),
    }


def _page(request: HttpRequest, family: str, q: str) -> tuple[list[dict[str, Any]], str]:
    try:
        return reading.rule_page(
            signed_in(request), timezone.now(), family=family, q=q,
            cursor=request.GET.get("cursor", ""),
        )  # fmt: skip
    except DomainError:
        raise Http404 from None


def _works_there(request: HttpRequest) -> bool:
    return StaffAccount.objects.of(signed_in(request)).exists()
