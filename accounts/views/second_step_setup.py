"""Setting the second step up: a code app with its picture, recovery codes, passkeys."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actions import (
    begin_code_app,
    confirm_code_app,
    prove_password,
    remove_code_app,
    remove_passkey,
    rename_passkey,
    renew_recovery_codes,
)
from accounts.actions.code_apps import secret_being_set_up, setup_uri
from accounts.forms import NameForm, ProveForm, StepForm
from accounts.letting_in import is_proved, method_of, next_of, prove, renew_key, step_up
from accounts.models import Method, Passkey
from accounts.people import signed_in
from accounts.queries import must_have_second_step, owes_second_step, second_step_state
from common.addresses import address_of
from common.errors import DomainError
from common.words import moment_words

View = Callable[..., HttpResponse]


def freshly_proved(view: View) -> View:
    """Ask for the password or a passkey once more, unless that was a moment ago."""

    @login_required
    @never_cache
    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_proved(request):
            return view(request, *args, **kwargs)
        onward = request.path if request.method == "GET" else reverse("second-step-setup")
        return redirect(f"{reverse('prove')}?{urlencode({'next': onward})}")

    return shown


@login_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def prove_page(request: HttpRequest) -> HttpResponse:
    """Ask somebody who is in to prove once more that it is they."""
    user = signed_in(request)
    form = ProveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        wrong = prove_password(
            user, form.cleaned_data["password"], address=address_of(request), now=now
        )
        if wrong is None:
            prove(request)
            renew_key(request)
            return redirect(next_of(request) or "profile")
        form.add_error(
            "password",
            _("Too many wrong passwords. Try again after %(time)s.")
            % {"time": moment_words(wrong.locked_until, now=now)}
            if wrong.locked_until
            else _("The password is wrong."),
        )
    context = {
        "form": form,
        "next": next_of(request) or reverse("profile"),
        "has_passkey": user.passkeys.exists(),
    }
    return render(request, "accounts/prove.html", context, status=422 if form.errors else 200)


@freshly_proved
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """Show what is set up; begin or confirm a code app."""
    user, now = signed_in(request), timezone.now()
    form = StepForm(request.POST if request.POST.get("act") == "confirm" else None)
    codes: list[str] = []
    if request.POST.get("act") == "begin":
        return _acted(request, lambda: begin_code_app(user, by=user, now=now))
    if form.is_bound and form.is_valid():
        try:
            codes = confirm_code_app(
                user,
                form.cleaned_data["code"],
                by=user,
                now=now,
                keep=request.session.session_key or "",
            )
        except DomainError as refused:
            form.add_error("code", refused.message)
        else:
            step_up(request, Method.TOTP)
            form = StepForm()
    return _setup_page(request, form, codes, status=422 if form.errors else 200)


@freshly_proved
@require_POST
def remove_app(request: HttpRequest) -> HttpResponse:
    """Remove the code app."""
    user = signed_in(request)
    return _acted(request, lambda: remove_code_app(user, by=user))


@freshly_proved
@require_POST
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make ten new recovery codes and show them once."""
    user = signed_in(request)
    return _setup_page(request, StepForm(), renew_recovery_codes(user, by=user))


@freshly_proved
@require_POST
def passkey(request: HttpRequest, key: UUID) -> HttpResponse:
    """Rename or remove one's passkey."""
    user = signed_in(request)
    mine = Passkey.objects.filter(user=user, pk=key).first()
    if mine is None:
        raise Http404
    if request.POST.get("act") == "remove":
        return _acted(request, lambda: remove_passkey(mine, by=user))
    form = NameForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["name"][0]))
        return redirect("second-step-setup")
    return _acted(request, lambda: rename_passkey(mine, form.cleaned_data["name"], by=user))


def _acted(request: HttpRequest, act: Callable[[], Any]) -> HttpResponse:
    try:
        act()
    except DomainError as refused:
        messages.error(request, refused.message)
    return redirect("second-step-setup")


def _setup_page(
    request: HttpRequest, form: StepForm, codes: list[str], status: int = 200
) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    secret = secret_being_set_up(user)
    context: dict[str, Any] = {
        "form": form,
        "codes": codes,
        "state": second_step_state(user),
        "must": must_have_second_step(user),
        "owes": owes_second_step(user, method_of(request), now=now),
        "onward": next_of(request) or "/",
    }
    if secret:
        picture = segno.make(setup_uri(user, secret), error="m")
        context |= {
            "picture": picture.svg_data_uri(scale=4, dark="#000", light="#fff", border=3),
            "secret": " ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
        }
    return render(request, "accounts/second_step_setup.html", context, status=status)
