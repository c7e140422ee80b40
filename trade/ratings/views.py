"""A member's page of one order's rating: give it, and later change, withdraw or follow it up."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Member
from accounts.people import signed_in
from accounts.views.privacy import for_members
from common.errors import DomainError
from merchants.actions import add_followup, edit_review, withdraw_review
from merchants.models import Rating
from merchants.queries.reviews import own_card, own_rating, rateable_until
from trade.actions import rate_order
from trade.models import Order
from trade.queries import order_of
from trade.ratings.forms import ChangeForm, FollowupForm, RatingForm
from trade.rules import succeeded_at

PAGE = "trade/me/rating.html"


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def rating(request: HttpRequest, member: Member, order_no: str) -> HttpResponse:
    """Show what was said of one's order, or ask for it; what is refused is said above the form."""
    order = order_of(signed_in(request), order_no)
    if order is None:
        raise Http404
    said = own_rating(signed_in(request), order_no)
    if request.method != "POST":
        return _page(request, order, said)
    if said is None:
        return _give(request, order)
    return _go_on(request, order, said)


def _give(request: HttpRequest, order: Order) -> HttpResponse:
    form = RatingForm(request.POST)
    if not form.is_valid():
        return _page(request, order, None, form=form, status=422)
    try:
        given = rate_order(order, form.draft(), by=signed_in(request))
    except DomainError as refused:
        return _page(request, order, None, form=form, refused=refused.message, status=422)
    if given.is_surplus:
        thanks = _("Thank you. Of the scores one gives a shop in a month only the earliest count.")
    else:
        thanks = _("Thank you. Your rating counts from tonight on.")
    messages.success(request, thanks)
    return redirect("my-rating", order_no=order.order_no)


def _go_on(request: HttpRequest, order: Order, said: Rating) -> HttpResponse:
    act, by = request.POST.get("do", ""), signed_in(request)
    forms: dict[str, Form] = {
        "change": ChangeForm(request.POST),
        "followup": FollowupForm(request.POST),
    }
    form = forms.get(act)
    if form is not None and not form.is_valid():
        return _page(request, order, said, status=422, **{act: form})
    try:
        if act == "change" and form is not None:
            edit_review(said, by=by, **form.cleaned_data)
        elif act == "followup" and form is not None:
            add_followup(said, form.cleaned_data["text"], by=by)
        elif act == "withdraw":
            withdraw_review(said, by=by)
        else:
            raise DomainError("rating.already", _("This order has been rated already."))
    except DomainError as refused:
        return _page(request, order, said, refused=refused.message, status=422)
    return redirect("my-rating", order_no=order.order_no)


def _why_shut(order: Order, now: datetime) -> str:
    """Say why an order cannot be rated now; nothing while it can."""
    succeeded = succeeded_at(order.status, order.signed_at, order.closed_at, order.paid_at)
    if succeeded is None or now < succeeded:
        return _("It can be rated once the trade has succeeded.")
    if rateable_until(succeeded, now) is None:
        return _("The time to rate this order is over.")
    return ""


def _page(
    request: HttpRequest, order: Order, said: Rating | None, *, status: int = 200, **more: Any
) -> HttpResponse:
    now = timezone.now()
    context: dict[str, Any] = {"order": order, "form": RatingForm()}
    if said is None:
        context["shut"] = _why_shut(order, now)
    else:
        context |= {
            "said": own_card(signed_in(request), said, now),
            "change": ChangeForm(initial={"grade": said.grade, "comment": said.comment}),
            "followup": FollowupForm(),
        }
    return render(request, PAGE, context | more, status=status)
