"""The member's page about their tier and scores."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import Member
from accounts.standing.queries import standing_card
from accounts.views.privacy import for_members


@require_GET
@for_members
def standing(request: HttpRequest, member: Member) -> HttpResponse:
    """Show the tier and why, each score with its rows, and what would raise it."""
    return render(
        request, "accounts/standing.html", {"card": standing_card(member, timezone.now())}
    )
