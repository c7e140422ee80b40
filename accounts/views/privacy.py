"""The member's page about their own data: what we know, who looked, and what they may ask for."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access_log import access_page
from accounts.actions import ask_about_data, cancel_request, note_download
from accounts.contacts.queries import joins_of
from accounts.forms import CorrectionForm, ErasureForm
from accounts.models import (
    Member,
    PersonalDataRequest,
    RequestKind,
    RequestState,
)
from accounts.people import signed_in
from accounts.queries import own_member
from common.addresses import address_of
from common.errors import DomainError
from common.parameters import value

REQUESTS_SHOWN = 20
View = Callable[..., HttpResponseBase]


def for_members(page: View) -> View:
    """Let in a member; send strangers to the sign-in, tell everybody else it is not there."""

    @wraps(page)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        user = signed_in(request)
        member = own_member(user)
        if member is None:
            raise Http404
        return page(request, member, *args, **kwargs)

    return never_cache(guarded)


@require_GET
@for_members
def privacy(request: HttpRequest, member: Member) -> HttpResponse:
    """Show what we know in short, who looked, and each request with its deadline."""
    return _page(request, member, CorrectionForm())


@require_POST
@for_members
def ask_for_copy(request: HttpRequest, member: Member) -> HttpResponse:
    """Ask for a copy of one's data."""
    _asked, made = ask_about_data(member, RequestKind.COPY, by=signed_in(request))
    messages.success(
        request,
        _("We are putting your copy together. It will be here to download, usually in a minute.")
        if made
        else _("Your copy is being put together already."),
    )
    return redirect("privacy")


@require_POST
@for_members
def ask_for_correction(request: HttpRequest, member: Member) -> HttpResponse:
    """Say what is wrong and how it should read."""
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        return _page(request, member, form, status=422)
    try:
        _asked, made = ask_about_data(
            member, RequestKind.CORRECTION, by=signed_in(request), **form.cleaned_data
        )
    except DomainError as refused:
        form.add_error("wish", refused.message)
        return _page(request, member, form, status=422)
    messages.success(
        request,
        _("We check it and correct it.") if made else _("You have asked for a correction already."),
    )
    return redirect("privacy")


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def ask_for_erasure(request: HttpRequest, member: Member) -> HttpResponse:
    """Say what erasure means before it is asked for."""
    form = ErasureForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        asked, _made = ask_about_data(member, RequestKind.ERASURE, by=signed_in(request))
        messages.success(
            request,
            _("Your request has number %(no)s. Write it down: you need it when you ask us later.")
            % {"no": asked.request_no},
        )
        return redirect("privacy")
    context = {
        "form": form,
        "answer_days": value("personal_data.answer_days"),
        "hidden_days": value("personal_data.hidden_for").days,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "accounts/privacy_erasure.html", context, status=status)


@require_POST
@for_members
def withdraw_request(request: HttpRequest, member: Member, key: UUID) -> HttpResponse:
    """Take a request back while it runs."""
    try:
        asked = get_object_or_404(PersonalDataRequest, member=member, pk=key)
        cancel_request(asked, by=signed_in(request))
    except DomainError as refused:
        messages.warning(request, refused.message)
    return redirect("privacy")


@require_GET
@for_members
def download_copy(request: HttpRequest, member: Member, key: UUID) -> HttpResponseBase:
    """Hand out the copy, to the member's own signed-in session alone and while it is kept."""
    asked = get_object_or_404(PersonalDataRequest, member=member, pk=key)
    until = asked.package_expires_at
    if asked.state != RequestState.READY or until is None or timezone.now() >= until:
        raise Http404
    try:
        content = asked.package.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    note_download(asked, by=signed_in(request), address=address_of(request))
    response = FileResponse(
        content,
        as_attachment=True,
        filename=f"xiaoer-{asked.request_no}.zip",
        content_type="application/zip",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _page(
    request: HttpRequest, member: Member, form: CorrectionForm, status: int = 200
) -> HttpResponse:
    user = signed_in(request)
    try:
        looks = access_page(user, cursor=request.GET.get("cursor", ""))
    except DomainError:
        raise Http404 from None
    rows = PersonalDataRequest.objects.filter(member=member).order_by("-pk")[:REQUESTS_SHOWN]
    asked, now = list(rows), timezone.now()
    running = {row.kind for row in asked if row.is_open}
    return render(
        request,
        "accounts/privacy.html",
        {
            "member": member,
            "joins": joins_of(member.pk),
            "looks": looks,
            "cursor": request.GET.get("cursor", ""),
            "asked": [(row, row.is_late(now)) for row in asked],
            "running": running,
            "form": form,
            "answer_days": value("personal_data.answer_days"),
        },
        status=status,
    )
