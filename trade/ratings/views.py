"""A member's page of one order's rating: give it, and later change, withdraw or follow it up."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Member
from accounts.people import signed_in
from accounts.views.privacy import for_members
from common.errors import DomainError
from merchants.actions import add_followup, edit_review, withdraw_review
from merchants.models import Grade, Rating
from merchants.queries.reviews import own_rating, review_cards
from trade.actions import rate_order
from trade.models import Order
from trade.queries import order_of
from trade.ratings.forms import ChangeForm, FollowupForm, RatingForm

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
        rate_order(order, form.draft(), by=signed_in(request))
    except DomainError as refused:
        return _page(request, order, None, form=form, refused=refused.message, status=422)
    messages.success(request, _("Thank you. Your rating counts from tonight on."))
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


def _page(
    request: HttpRequest, order: Order, said: Rating | None, *, status: int = 200, **more: Any
) -> HttpResponse:
    context: dict[str, Any] = {"order": order, "form": RatingForm()}
    if said is not None:
        can_change = not said.edits and said.grade in (Grade.NEUTRAL, Grade.NEGATIVE)
        context |= {
            "said": review_cards(signed_in(request), [said])[0],
            "can_change": can_change,
            "change": ChangeForm(initial={"grade": said.grade, "comment": said.comment}),
            "followup": FollowupForm(),
        }
    return render(request, PAGE, context | more, status=status)
