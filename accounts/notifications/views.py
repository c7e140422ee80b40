"""Pages of notifications: the list, what one chooses, and the service worker's file."""

import uuid
from collections.abc import Callable
from typing import Any

from csp.decorators import csp_replace
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.actions.notice_choices import choose_media, set_quiet_hours, silence_by_letter
from accounts.actions.notice_targets import (
    add_email,
    confirm_email,
    remove_email,
    send_test,
    unregister_device,
    unsubscribe_browser,
)
from accounts.actions.notifications import mark_read
from accounts.models import User
from accounts.notifications import MEDIA, known_kind, webpush
from accounts.notifications.forms import CodeForm, EmailForm, MediaForm, QuietForm
from accounts.notifications.mail import read_unsubscribe
from accounts.notifications.queries import (
    addresses_of,
    choices_of,
    notification_page,
    own_log,
    settings_of,
    unread_count,
    ways_of,
)
from accounts.notifications.shapes import PREFIX
from accounts.people import signed_in
from common.cursors import as_moment, as_uuid, decode_cursor, encode_cursor
from common.errors import DomainError
from common.ids import parse_key, public_key

ON_PAGE = 30


@login_required
@never_cache
@require_GET
def notifications(request: HttpRequest) -> HttpResponse:
    """Show one's notifications, newest first, page by page."""
    person, now = signed_in(request), timezone.now()
    after = None
    if raw := request.GET.get("cursor", ""):
        try:
            at, key = decode_cursor(raw, as_moment, as_uuid)
        except DomainError:
            raise Http404 from None
        after = (at, key)
    page = notification_page(person, now=now, limit=ON_PAGE, after=after)
    context = {
        "rows": [(row, public_key(PREFIX, row.pk), known_kind(row.kind)) for row in page.rows],
        "older": encode_cursor(page.next) if page.next else "",
        "is_first": after is None,
        "unread": unread_count(person, now=now),
        "now": now,
    }
    return render(request, "accounts/notices/list.html", context)


@login_required
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark one or all as read, for who has no scripts."""
    person = signed_in(request)
    if key := request.POST.get("notification", ""):
        mark_read(person, [_key(key)])
    else:
        mark_read(person, up_to=timezone.now())
    return redirect("notifications")


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End one kind of letters: asked on the page, done by a POST, also of a mail program (RFC 8058).

    Nobody need be signed in: the signed word in the letter says whose letters and which. Opening the
    address changes nothing, for mail programs open addresses by themselves.
    """
    found = read_unsubscribe(token)
    kind = known_kind(found[1]) if found else None
    if found is None or kind is None:
        return render(request, "accounts/notices/unsubscribe.html", {"kind": None}, status=404)
    done = request.method == "POST"
    if done:
        silence_by_letter(*found)
    return render(request, "accounts/notices/unsubscribe.html", {"kind": kind, "done": done})


@login_required
@never_cache
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """Show where one is reached, how one hears of what, quiet hours and the log."""
    return _page(request)


@login_required
@require_POST
def media(request: HttpRequest) -> HttpResponse:
    """Change by which media one hears of what."""
    person = signed_in(request)
    form = MediaForm(request.POST, person=person)
    if not form.is_valid():
        raise Http404
    return _done(
        request,
        lambda: choose_media(person, form.chosen(), by=person),
        _("Saved. It goes for everything from now on."),
    )


@login_required
@require_POST
def quiet(request: HttpRequest) -> HttpResponse:
    """Change quiet hours and what a locked screen tells."""
    person = signed_in(request)
    form = QuietForm(request.POST)
    form.offer(settings_of(person).zone)
    if not form.is_valid():
        return _page(request, quiet=form, status=422)
    answers = form.cleaned_data
    return _done(
        request,
        lambda: set_quiet_hours(
            person,
            start=answers["start"],
            until=answers["until"],
            days=answers["days"],
            zone=answers["zone"],
            is_discreet=answers["is_discreet"],
            by=person,
        ),
        _("Saved. It goes for everything from now on."),
    )


@login_required
@require_POST
def email(request: HttpRequest) -> HttpResponse:
    """Send a code to a new address."""
    form = EmailForm(request.POST)
    if not form.is_valid():
        return _page(request, email=form, status=422)
    try:
        add_email(signed_in(request), form.cleaned_data["address"])
    except DomainError as refusal:
        form.add_error("address", refusal.message)
        return _page(request, email=form, status=422)
    return redirect("/profile/notices/#email")


@login_required
@require_POST
def email_code(request: HttpRequest) -> HttpResponse:
    """Use the new address when the code is right."""
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _page(request, code=form, status=422)
    try:
        if confirm_email(signed_in(request), form.cleaned_data["code"]) is None:
            form.add_error("code", _("This is not the code we sent. Look at the newest letter."))
    except DomainError as refusal:
        form.add_error("code", refusal.message)
    if form.errors:
        return _page(request, code=form, status=422)
    messages.success(request, _("Letters go to this address from now on."))
    return redirect("/profile/notices/#email")


@login_required
@require_POST
def email_removal(request: HttpRequest) -> HttpResponse:
    """Forget the address."""
    remove_email(signed_in(request))
    return redirect("/profile/notices/#email")


@login_required
@require_POST
def test(request: HttpRequest) -> HttpResponse:
    """Send oneself a test."""
    return _done(
        request,
        lambda: send_test(signed_in(request), request.POST.get("medium", "")),
        _("On its way. What became of it is in the log below."),
    )


@login_required
@require_POST
def browser(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Show nothing in that browser any more."""
    return _done(request, lambda: unsubscribe_browser(signed_in(request), key))


@login_required
@require_POST
def phone(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Show nothing on that phone any more."""
    return _done(request, lambda: unregister_device(signed_in(request), key))


@login_required
@never_cache
@require_GET
def log(request: HttpRequest) -> HttpResponse:
    """Show the log alone, for the page to read again."""
    return render(request, "accounts/notices/log.html", _log(signed_in(request)))


@csp_replace({"default-src": ["'none'"], "connect-src": ["'self'"]})
@require_GET
def service_worker(request: HttpRequest) -> HttpResponse:
    """Serve the worker that shows notices while no page is open; it does nothing else."""
    path = finders.find("js/sw.js")
    if path is None:
        raise Http404
    with open(path, "rb") as file:
        response = HttpResponse(file.read(), content_type="text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = "/"
    # Browsers ask for it again on their own; an old one must not live on.
    response["Cache-Control"] = "no-cache"
    return response


def _key(text: str) -> uuid.UUID:
    try:
        return parse_key(PREFIX, text)
    except ValueError:
        raise Http404 from None


def _done(request: HttpRequest, act: Callable[[], Any], said: str = "") -> HttpResponse:
    try:
        act()
    except DomainError as refusal:
        messages.warning(request, refusal.message)
    else:
        if said:
            messages.success(request, said)
    return redirect("notices")


def _page(
    request: HttpRequest,
    *,
    quiet: QuietForm | None = None,
    email: EmailForm | None = None,
    code: CodeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    person, now = signed_in(request), timezone.now()
    confirmed, waiting = addresses_of(person)
    if waiting is not None and (waiting.code_until is None or waiting.code_until <= now):
        waiting = None
    ways = ways_of(person)
    context = {
        "confirmed": confirmed,
        "waiting": waiting,
        "email_form": email or EmailForm(),
        "code_form": code or CodeForm(),
        "quiet_form": quiet or QuietForm.of(settings_of(person)),
        "choices": _matrix(person),
        "browsers": person.push_subscriptions.order_by("-created_at"),
        "phones": person.push_devices.order_by("-created_at"),
        "ways": ways,
        "push_key": webpush.public_key(),
        **_log(person),
    }
    return render(request, "accounts/notices/choices.html", context, status=status)


def _matrix(person: User) -> list[dict[str, Any]]:
    return [
        {
            "kind": choice.kind,
            "boxes": [
                {
                    "medium": medium,
                    "name": f"{choice.kind.key} {medium}",
                    "on": medium in choice.media,
                    "fixed": medium in choice.fixed,
                }
                for medium in MEDIA
            ],
        }
        for choice in choices_of(person)
    ]


def _log(person: User) -> dict[str, Any]:
    return {"log": own_log(person), "now": timezone.now()}
