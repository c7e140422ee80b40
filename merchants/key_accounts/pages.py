"""Pages: the portfolio of an account manager, the wall of pilot shops, a merchant's people."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.people import signed_in
from common.errors import DomainError, NotFound
from common.rules import shanghai_day
from merchants.actions.key_accounts import end_absence, note_absence, note_contact
from merchants.actions.pilots import accept_feature, decline_feature, say_of_feature
from merchants.actions.staff import end_staff, invite_staff, set_staff_rights
from merchants.frame import frame
from merchants.key_accounts.forms import (
    AbsenceForm,
    ContactForm,
    FeedbackForm,
    InviteForm,
    RightsForm,
)
from merchants.models import ManagerAbsence, ManagerAssignment, Merchant, Shop, StaffRight, shops_of
from merchants.queries.key_accounts import can_look_after, manager_card
from merchants.queries.pilots import pilot_shops, thread_page, tried_one, tried_page
from merchants.queries.portfolio import portfolio_page
from merchants.queries.staff import colleague, colleagues, own_accounts

View = Callable[..., HttpResponseBase]


def who_can(right: str) -> Callable[[View], View]:
    """Let in who may ``right``; send strangers to the sign-in, nobody else finds the page."""

    def guard(page: View) -> View:
        @wraps(page)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not signed_in(request).can(right):
                raise Http404
            return page(request, *args, **kwargs)

        return never_cache(guarded)

    return guard


@require_safe
@who_can("portfolio.use")
def portfolio(request: HttpRequest) -> HttpResponse:
    """Show the accounts one looks after, the nearest clock first."""
    return _portfolio(request)


@require_POST
@who_can("portfolio.use")
def contact(request: HttpRequest, key: UUID) -> HttpResponse:
    """Note what was said with an account."""
    by = signed_in(request)
    row = ManagerAssignment.objects.visible_to(by).filter(pk=key).first()
    if row is None:
        raise Http404
    form = ContactForm(request.POST, prefix=row.public_key)
    if not form.is_valid():
        return _portfolio(request, said=(key, form), status=422)
    refused = _refusal(lambda: note_contact(row, by=by, **form.cleaned_data))
    if refused:
        return _portfolio(request, said=(key, form), refused=refused, status=422)
    messages.success(request, _("It is noted."))
    return redirect("portfolio")


@require_POST
@who_can("portfolio.use")
def absence(request: HttpRequest) -> HttpResponse:
    """Say on which days one is away."""
    by, form = signed_in(request), AbsenceForm(request.POST)
    if not form.is_valid():
        return _portfolio(request, away=form, status=422)
    refused = _refusal(lambda: note_absence(by, by=by, **form.cleaned_data))
    if refused:
        return _portfolio(request, away=form, refused=refused, status=422)
    messages.success(request, _("Your deputies are called on these days."))
    return redirect("portfolio")


@require_POST
@who_can("portfolio.use")
def back(request: HttpRequest) -> HttpResponse:
    """Say that one is back, or stays: the absence that holds or comes first; leave after it stays."""
    by = signed_in(request)
    for row in _absences(by)[:1]:
        end_absence(row, by=by)
    messages.success(request, _("Your shops call you again."))
    return redirect("portfolio")


@require_safe
@who_can("pilots.read")
def pilots(request: HttpRequest) -> HttpResponse:
    """Show what is tried, who takes part, and the last words of each thread."""
    shops, now, by = pilot_shops(), timezone.now(), signed_in(request)
    try:
        cards, more = tried_page(by, shops, now, cursor=request.GET.get("cursor", ""))
    except DomainError:
        raise Http404 from None
    sentence = (
        ngettext(
            "%(n)s shop tries new things first.", "%(n)s shops try new things first.", len(shops)
        )
        % {"n": len(shops)}
        if shops
        else _("No shop tries new things first yet.")
    )
    context = _frame(by, "pilots") | {
        "shops": shops, "cards": cards, "more": more, "sentence": sentence,
    }  # fmt: skip
    return render(request, "merchants/managers/pilots.html", context)


@require_safe
@who_can("pilots.read")
def pilot(request: HttpRequest, code: str) -> HttpResponse:
    """Show one thing that is tried, with all that was said of it."""
    return _pilot(request, code)


@require_POST
@who_can("pilots.read")
def feedback(request: HttpRequest, code: str) -> HttpResponse:
    """Say something of what is tried."""
    by, card = signed_in(request), _tried(request, code)
    shops = _may_speak_for(card)
    if not shops and not by.can("pilots.speak"):
        raise PermissionDenied
    sent = request.POST.copy()
    if shops:
        sent.setdefault("shop", shops[0][0])
    form = FeedbackForm(sent, shops=shops)
    if not form.is_valid():
        return _pilot(request, code, form=form, status=422)
    shop_no = form.cleaned_data["shop"]
    shop = Shop.objects.filter(shop_no=shop_no).first() if shop_no else None
    refused = _refusal(
        lambda: say_of_feature(card["rollout"], form.cleaned_data["text"], shop=shop, by=by)
    )
    if refused:
        return _pilot(request, code, form=form, refused=refused, status=422)
    messages.success(request, _("Thank you. Everybody who tries it reads it."))
    return redirect("pilot", code)


@require_POST
@who_can("shop.use")
def decline(request: HttpRequest, code: str, shop_no: str) -> HttpResponse:
    """Keep one's shop out of it."""
    return _take_part(request, code, shop_no, decline_feature, _("Your shop does not try it."))


@require_POST
@who_can("shop.use")
def accept(request: HttpRequest, code: str, shop_no: str) -> HttpResponse:
    """Have one's shop try it after all."""
    return _take_part(request, code, shop_no, accept_feature, _("Your shop takes part again."))


@require_safe
@who_can("shop.use")
def people(request: HttpRequest) -> HttpResponse:
    """Show whom one's shops call, what one may do oneself, and who works for the merchants one manages."""
    return _people(request)


@require_POST
@who_can("shop.use")
def invite(request: HttpRequest, merchant_no: str) -> HttpResponse:
    """Let somebody work for a merchant."""
    by = signed_in(request)
    managed = [one for one in own_accounts(by) if StaffRight.STAFF in one.rights]
    merchant: Merchant | None = next(
        (one.merchant for one in managed if one.merchant.merchant_no == merchant_no), None
    )
    if merchant is None:
        raise Http404
    form = InviteForm(request.POST, prefix=merchant_no)
    if not form.is_valid():
        return _people(request, said=(merchant_no, form), status=422)
    given = form.cleaned_data
    refused = _refusal(
        lambda: invite_staff(merchant, given["account"], rights=given["rights"], by=by)
    )
    if refused:
        return _people(request, said=(merchant_no, form), refused=refused, status=422)
    messages.success(request, _("They work for you from now on, and were told."))
    return redirect("shop-people")


@require_POST
@who_can("shop.use")
def rights(request: HttpRequest, merchant_no: str, key: UUID) -> HttpResponse:
    """Give somebody other rights."""
    by = signed_in(request)
    account = colleague(by, merchant_no, key)
    form = RightsForm(request.POST)
    if account is None:
        raise Http404
    if not form.is_valid():
        return _people(request, refused=_("There is no such right."), status=422)
    refused = _refusal(lambda: set_staff_rights(account, form.cleaned_data["rights"], by=by))
    if refused:
        return _people(request, refused=refused, status=422)
    messages.success(request, _("This holds at once."))
    return redirect("shop-people")


@require_POST
@who_can("shop.use")
def end(request: HttpRequest, merchant_no: str, key: UUID) -> HttpResponse:
    """Let somebody go."""
    by = signed_in(request)
    account = colleague(by, merchant_no, key)
    if account is None:
        raise Http404
    refused = _refusal(lambda: end_staff(account, by=by))
    if refused:
        return _people(request, refused=refused, status=422)
    messages.success(request, _("They work for you no more; it holds at once."))
    return redirect("shop-people")


def _refusal(do: Callable[[], object]) -> str:
    """Do it; return the sentence of the refusal, empty when it was done. What is not theirs is not there."""
    try:
        do()
    except NotFound:
        raise Http404 from None
    except DomainError as refused:
        return refused.message
    return ""


def _portfolio(
    request: HttpRequest,
    *,
    said: tuple[UUID, ContactForm] | None = None,
    away: AbsenceForm | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    by, now = signed_in(request), timezone.now()
    try:
        cards, more = portfolio_page(by, now, cursor=request.GET.get("cursor", ""))
    except DomainError:
        raise Http404 from None
    for card in cards:
        mine = said is not None and said[0] == card["key"]
        card["form"] = said[1] if said and mine else ContactForm(prefix=card["id"])
        card["is_open"] = mine
    overdue = sum(card["is_overdue"] for card in cards)
    if overdue:
        sentence = ngettext("%(n)s contact is overdue.", "%(n)s contacts are overdue.", overdue) % {
            "n": overdue
        }
    elif cards:
        sentence = _("No contact is overdue.")
    else:
        sentence = _("You look after no account now.")
    manages = can_look_after(by)
    context = _frame(by, "portfolio") | {
        "cards": cards,
        "more": more,
        "sentence": sentence,
        "refused": refused,
        "now": now,
        "manages": manages,
        "absences": _absences(by) if manages else [],
        "away": away or AbsenceForm(),
        "away_is_open": away is not None,
    }
    return render(request, "merchants/managers/portfolio.html", context, status=status)


def _absences(by: User) -> list[ManagerAbsence]:
    today = shanghai_day(timezone.now())
    rows = ManagerAbsence.objects.filter(person=by, ended_at=None, last_day__gte=today)
    return list(rows.order_by("first_day"))


def _tried(request: HttpRequest, code: str) -> dict[str, Any]:
    card = tried_one(signed_in(request), code, timezone.now())
    if card is None:
        raise Http404
    return card


def _may_speak_for(card: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one.shop.shop_no, one.shop.name) for one in card["own"] if one.may_speak]


def _pilot(
    request: HttpRequest,
    code: str,
    *,
    form: FeedbackForm | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    by, card = signed_in(request), _tried(request, code)
    try:
        thread, more = thread_page(card["rollout"], cursor=request.GET.get("cursor", ""))
    except DomainError:
        raise Http404 from None
    shops = _may_speak_for(card)
    context = _frame(by, "pilots") | {
        "card": card,
        "thread": thread,
        "more": more,
        "may_speak": bool(shops) or by.can("pilots.speak"),
        "form": form or FeedbackForm(shops=shops),
        "refused": refused,
    }
    return render(request, "merchants/managers/pilot.html", context, status=status)


def _take_part(
    request: HttpRequest, code: str, shop_no: str, do: Callable[..., bool], thanks: str
) -> HttpResponse:
    by, card = signed_in(request), _tried(request, code)
    shop = shops_of(by).filter(shop_no=shop_no[:32]).first()
    if shop is None:
        raise Http404
    refused = _refusal(lambda: do(shop, card["rollout"], by=by))
    if refused:
        return _pilot(request, code, refused=refused, status=422)
    messages.success(request, thanks)
    return redirect("pilot", code)


def _people(
    request: HttpRequest,
    *,
    said: tuple[str, InviteForm] | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    by, now = signed_in(request), timezone.now()
    everybody = colleagues(by)
    groups = []
    for own in own_accounts(by):
        number = own.merchant.merchant_no
        manages = StaffRight.STAFF in own.rights
        mine = said is not None and said[0] == number
        groups.append(
            {
                "own": own,
                "merchant": own.merchant,
                "manages": manages,
                "rights": _named(own.rights),
                "people": [
                    {
                        "account": one,
                        "rights": _named(one.rights),
                        "choices": [
                            (code, label, code in one.rights) for code, label in StaffRight.choices
                        ],
                        "is_me": one.user_id == by.pk,
                    }
                    for one in everybody
                    if one.merchant_id == own.merchant_id
                ],
                "form": said[1] if said and mine else InviteForm(prefix=number),
                "is_open": mine,
                "choices": StaffRight.choices,
            }
        )
    shop = shops_of(by).order_by("name", "pk").first()
    context = _frame(by, "people") | {
        "groups": groups,
        "refused": refused,
        "manager": manager_card(shop, now) if shop is not None else None,
        "shop": shop,
    }
    return render(request, "merchants/managers/people.html", context, status=status)


def _named(rights: list[str]) -> list[str]:
    names = dict(StaffRight.choices)
    return [str(names.get(one, one)) for one in rights]


def _frame(by: User, current: str) -> dict[str, Any]:
    """Return the line on top: the merchants' for their people, our own for those who look after them."""
    if by.can("shop.use"):
        return frame(current)
    pages = [
        ("portfolio", "/portfolio/", _("My accounts"), "portfolio.use"),
        ("pilots", "/pilots/", _("Pilot shops"), "pilots.read"),
    ]
    nav = [
        {"url": url, "label": label, "current": key == current}
        for key, url, label, right in pages
        if by.can(right)
    ]
    return {"topbar_nav": nav, "topbar_home": "/"}
