"""The page `/me/promises/`: what is promised to a member, until when, from where, how often still."""

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.people import signed_in
from accounts.queries import own_member
from apass.entitlements.offers import promises_card
from apass.entitlements.words import end_words


@require_safe
def promises(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    user = signed_in(request)
    member = own_member(user) if user.can("me.use") else None
    if member is None:
        raise Http404
    now = timezone.now()
    found = [one | {"ends": end_words(one["until"])} for one in promises_card(member, now)]
    # What is counted first: it is what somebody comes to look up.
    found.sort(key=lambda one: (one["quantity"] is None, one["left"] == 0))
    return render(request, "apass/promises.html", {"promises": found})
