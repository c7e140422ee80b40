"""Pages of goodwill: the shop's budget, talks, offers and what they brought; what a member was offered."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Member
from accounts.people import signed_in
from accounts.views.privacy import for_members
from common.errors import DomainError
from merchants.actions.goodwill import (
    answer_gesture,
    fulfil_gesture,
    offer_gesture,
    set_goodwill_plan,
    withdraw_gesture,
)
from merchants.frame import for_shops, frame
from merchants.goodwill.forms import OfferForm, PlanForm, ProofForm
from merchants.goodwill.registry import talks_of
from merchants.models import Gesture, GestureKind, GestureState, Shop, StaffRight, shops_of
from merchants.queries.goodwill import (
    effect_of,
    gesture_of_shops,
    gesture_page,
    goodwill_of,
    my_gesture,
    my_gesture_page,
)

SHOWN, TALKS_SHOWN = 20, 20
STATE_TAGS = {
    "offered": "warn", "accepted": "warn", "fulfilled": "ok", "declined": "", "expired": "",
    "withdrawn": "",
}  # fmt: skip


# --- The shop ---------------------------------------------------------------------------------------


@require_safe
@for_shops
def goodwill(request: HttpRequest) -> HttpResponse:
    """Show a shop's budget, the talks about its orders, its offers, and what they brought."""
    shops = list(shops_of(signed_in(request)).order_by("shop_no"))
    asked = request.GET.get("shop", "")
    shop = next((one for one in shops if not asked or one.shop_no == asked), None)
    if shop is None and asked:
        raise Http404
    return _shop_page(request, shop, shops)


@require_POST
@for_shops
def plan(request: HttpRequest, shop_no: str) -> HttpResponse:
    """Set the budget of a month."""
    shop, form = _shop(request, shop_no), PlanForm(request.POST)
    return _done(
        request, shop, form, {"plan_form": form},
        lambda: set_goodwill_plan(shop, **form.cleaned_data, by=signed_in(request)),
        _("From now on your shop gives within this budget."),
    )  # fmt: skip


@require_POST
@for_shops
def offer(request: HttpRequest, shop_no: str) -> HttpResponse:
    """Offer the buyer of an order something."""
    shop, form = _shop(request, shop_no), OfferForm(request.POST)
    return _done(
        request, shop, form, {"offer_form": form},
        lambda: offer_gesture(shop, **form.cleaned_data, by=signed_in(request)),
        _("Offered. The customer reads it, and you hear what they answer."),
    )  # fmt: skip


@require_POST
@for_shops
def fulfil(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Say that something was given."""
    gesture = _gesture(request, key)
    form = ProofForm(request.POST, auto_id=f"{gesture.public_key}-%s")
    return _done(
        request, gesture.shop, form, {"proof_form": form, "about": gesture.public_key},
        lambda: fulfil_gesture(gesture, **form.cleaned_data, by=signed_in(request)),
        _("Kept. The customer is told."),
    )  # fmt: skip


@require_POST
@for_shops
def withdraw(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Take an offer back."""
    gesture = _gesture(request, key)
    return _done(
        request, gesture.shop, None, {},
        lambda: withdraw_gesture(gesture, by=signed_in(request)),
        _("Taken back. Its cost is free again."),
    )  # fmt: skip


def _done(
    request: HttpRequest,
    shop: Shop,
    form: Any,
    context: dict[str, Any],
    do: Callable[[], object],
    thanks: str,
) -> HttpResponse:
    """Do what was sent, or show the page again with what was written and why it was refused."""
    refused = ""
    if form is None or form.is_valid():
        try:
            do()
        except DomainError as error:
            refused = error.message
        else:
            messages.success(request, thanks)
            return redirect(f"{reverse('shop-goodwill')}?shop={shop.shop_no}")
    shops = list(shops_of(signed_in(request)).order_by("shop_no"))
    return _shop_page(request, shop, shops, status=422, refused=refused, **context)


def _shop_page(
    request: HttpRequest, shop: Shop | None, shops: list[Shop], *, status: int = 200, **given: Any
) -> HttpResponse:
    context: dict[str, Any] = frame("goodwill") | {"shop": shop, "shops": shops}
    if shop is not None:
        now, by = timezone.now(), signed_in(request)
        try:
            lines, more = gesture_page(shop, cursor=request.GET.get("cursor", ""), limit=SHOWN)
        except DomainError:
            raise Http404 from None
        about, proof_form = given.get("about"), given.get("proof_form")
        for line in lines:
            line["tag"] = "danger" if line["is_late"] else STATE_TAGS[line["state"]]
            line["key"] = uuid.UUID(hex=line["id"].removeprefix("gst_"))
            is_asked = proof_form is not None and line["id"] == about
            line["form"] = proof_form if is_asked else ProofForm(auto_id=f"{line['id']}-%s")
            line["may_give"] = line["state"] == GestureState.ACCEPTED
            line["may_withdraw"] = line["state"] == GestureState.OFFERED
        card = goodwill_of(shop, now)
        kinds = card["plan"]["kinds"] if card["plan"] else []
        talks = talks_of(shop.pk, TALKS_SHOWN)
        context |= {
            "goodwill": card,
            "used_percent": _percent(card),
            "kinds": [str(GestureKind(kind).label) for kind in kinds],
            "spends": shops_of(by, StaffRight.SPEND).filter(pk=shop.pk).exists(),
            "talks": talks,
            "lines": lines,
            "more": more,
            "effect": _dressed(effect_of(shop, now)),
            "plan_form": PlanForm(initial=card["plan"] or {"kinds": GestureKind.values}),
            "offer_form": _offer_form(request, kinds),
            "refused": "",
        }
    return render(request, "merchants/goodwill/shop.html", context | given, status=status)


def _offer_form(request: HttpRequest, kinds: list[str]) -> OfferForm:
    """Return the form, filled with the talk that was chosen."""
    form = OfferForm(
        initial={
            "order_no": request.GET.get("order", "")[:40],
            "conversation_no": request.GET.get("talk", "")[:40],
        }
    )
    choices = [(code, label) for code, label in GestureKind.choices if code in kinds]
    form.fields["kind"].widget.choices = choices
    return form


def _dressed(effect: dict[str, Any]) -> dict[str, Any]:
    """Add the words of shares: 42 % and the ends of its interval."""
    for one in (*effect["kinds"], effect["others"]):
        if one["returned_share"] is not None:
            low, share, high = (
                f"{100 * one[name]:.0f}"
                for name in ("returned_low", "returned_share", "returned_high")
            )
            one["share_words"], one["bounds_words"] = f"{share}%", f"{low}–{high}%"
    return effect


def _percent(card: dict[str, Any]) -> int:
    budget = card["plan"]["month_budget"] if card["plan"] else 0
    return min(100, round(100 * card["promised"] / budget)) if budget else 0


def _shop(request: HttpRequest, shop_no: str) -> Shop:
    found = shops_of(signed_in(request)).filter(shop_no=shop_no[:32]).first()
    if found is None:
        raise Http404
    return found


def _gesture(request: HttpRequest, key: uuid.UUID) -> Gesture:
    found = gesture_of_shops(signed_in(request), key)
    if found is None:
        raise Http404
    return found


# --- The member -------------------------------------------------------------------------------------


@require_safe
@for_members
def mine(request: HttpRequest, member: Member) -> HttpResponse:
    """Show a member what shops have offered them."""
    return _mine(request)


@require_POST
@for_members
def answer(request: HttpRequest, member: Member, key: uuid.UUID) -> HttpResponse:
    """Take an offer or leave it."""
    gesture = my_gesture(signed_in(request), key)
    if gesture is None or request.POST.get("accept") not in {"yes", "no"}:
        raise Http404
    accept = request.POST["accept"] == "yes"
    try:
        answer_gesture(gesture, accept=accept, by=signed_in(request))
    except DomainError as refused:
        return _mine(request, refused=refused.message, status=422)
    messages.success(
        request,
        _("Taken. You hear when it is given.") if accept else _("Left. Nothing else changes."),
    )
    return redirect("my-goodwill")


def _mine(request: HttpRequest, *, refused: str = "", status: int = 200) -> HttpResponse:
    try:
        lines, more = my_gesture_page(
            signed_in(request), cursor=request.GET.get("cursor", ""), limit=SHOWN
        )
    except DomainError:
        raise Http404 from None
    now = timezone.now()
    for line in lines:
        line["tag"] = "ok" if line["state"] in {"accepted", "fulfilled"} else ""
        line["key"] = uuid.UUID(hex=line["id"].removeprefix("gst_"))
        line["is_open"] = line["state"] == GestureState.OFFERED and line["holds_until"] > now
    context = {"lines": lines, "more": more, "refused": refused}
    return render(request, "merchants/goodwill/mine.html", context, status=status)
