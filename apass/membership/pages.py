"""A member's own APASS page: what is offered, what holds until when, and whom one may bring along."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.models import Member, Tier
from accounts.people import signed_in
from accounts.views.privacy import for_members
from apass.actions import accept_invitation, decline_invitation, give_friend_code, redeem_code
from apass.actions.codes import GivenCode, known_code
from apass.membership.cards import own_card
from apass.membership.queries import told_membership
from apass.models import Membership
from apass.queries import tier_priority
from common.errors import DomainError, NotFound
from common.masking import mask_name
from common.words import last_day_words


@require_safe
@for_members
def own(request: HttpRequest, member: Member) -> HttpResponse:
    """Show the member's APASS; who was told of none finds nothing."""
    return _page(request, _told(member))


@require_POST
@for_members
def acceptance(request: HttpRequest, member: Member) -> HttpResponse:
    """Accept with one tap, or with a code."""
    code, known = request.POST.get("code", "").strip()[:64], told_membership(member)
    try:
        if code:
            redeem_code(code, by=signed_in(request))
        elif known is not None:
            accept_invitation(known, by=signed_in(request))
        else:
            raise Http404
    except NotFound:
        raise Http404 from None
    except DomainError as refused:
        if known is None:
            context = {"refused": refused.message, "code": code}
            return render(request, "apass/me/friend.html", context, status=422)
        return _page(request, known, refused=refused.message, code=code, status=422)
    messages.success(request, _("Welcome. From now on somebody of ours is there for you by name."))
    return redirect("my-apass")


@require_POST
@for_members
def refusal(request: HttpRequest, member: Member) -> HttpResponse:
    """Decline the invitation."""
    try:
        decline_invitation(_told(member), by=signed_in(request))
    except DomainError as refused:
        messages.warning(request, refused.message)
    return redirect("my-apass")


@require_POST
@for_members
def friend_code(request: HttpRequest, member: Member) -> HttpResponse:
    """Make a code for a friend and show it, this once."""
    membership = _told(member)
    try:
        given = give_friend_code(membership, by=signed_in(request))
    except DomainError as refused:
        messages.warning(request, refused.message)
        return redirect("my-apass")
    return _page(request, membership, given=given)


@require_GET
@for_members
def from_friend(request: HttpRequest, member: Member, secret: str) -> HttpResponse:
    """Show what a friend's code opens to who holds it; any other code opens nothing."""
    try:
        code = known_code(secret, by=signed_in(request))
    except DomainError:
        raise Http404 from None
    giver = mask_name(code.membership.member.display_name)
    context = {"code": secret, "giver": giver, "until": last_day_words(code.expires_at)}
    return render(request, "apass/me/friend.html", context)


def _told(member: Member) -> Membership:
    membership = told_membership(member)
    if membership is None:
        raise Http404
    return membership


def _page(
    request: HttpRequest,
    membership: Membership,
    *,
    given: GivenCode | None = None,
    refused: str = "",
    code: str = "",
    status: int = 200,
) -> HttpResponse:
    url = reverse("my-apass-friend", args=[given.code]) if given else ""
    card = own_card(membership, timezone.now())
    ends = (card["invitation"] or {}).get("expires_at") or (card["term"] or {}).get("ends_at")
    context = {
        "card": card,
        "until": last_day_words(ends) if ends else "",
        "year_until": last_day_words(card["friends"]["until"]) if card["friends"] else "",
        "given_until": last_day_words(given.expires_at) if given else "",
        "place": tier_priority(Tier.APASS),
        "given": given,
        "given_url": request.build_absolute_uri(url) if given else "",
        "refused": refused,
        "code": code,
    }
    return render(request, "apass/me/own.html", context, status=status)
