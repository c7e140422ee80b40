"""Signing up, a new password, an invitation: for people who cannot sign in yet.

Every page answers the same whether it knows the phone or not; only the last one, which a proved
code opens, tells who has an account.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import senders
from accounts.actions import (
    accept_invitation,
    after_first_step,
    ask_for_code,
    ask_to_join,
    join,
    prove_code,
    reset_password,
)
from accounts.forms import CodeForm, InvitationForm, JoinForm, NewPasswordForm, PhoneForm
from accounts.letting_in import device_of
from accounts.models import CodePurpose, Method
from accounts.passwords import rules_in_words
from accounts.views.coming_in import ask_second_step, come_in
from common.addresses import address_of
from common.errors import DomainError
from common.text import TextRefused
from common.words import moment_words

OPEN_CODE = "open_code"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def join_page(request: HttpRequest) -> HttpResponse:
    """Ask for phone, name, password and consent, and send a code to the phone."""
    form = JoinForm(request.POST or None)
    if request.method == "POST" and senders.is_open() and form.is_valid():
        said = form.cleaned_data
        sent = _ask(
            request,
            form,
            CodePurpose.JOIN,
            lambda: ask_to_join(
                said["phone"],
                display_name=said["name"],
                password=said["password"],
                consent=said["consent"],
                address=address_of(request),
            ),
        )
        if sent:
            return redirect("join-code")
    return _page(request, "join", form=form, rules=rules_in_words())


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join_code(request: HttpRequest) -> HttpResponse:
    """Take the code; a new person is in, one who has an account is told so."""
    form, proved = _prove(request, CodePurpose.JOIN)
    if proved:
        try:
            user = join(_open_code(request)["key"], now=timezone.now(), device=device_of(request))
        except DomainError as refused:
            return _begin_anew(request, "join", refused)
        phone = _open_code(request)["shown"]
        _forget(request)
        if user is None:
            return _page(request, "known", phone=phone)
        return come_in(request, user, Method.CODE)
    return form if isinstance(form, HttpResponse) else _page(request, "code", form=form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reset_page(request: HttpRequest) -> HttpResponse:
    """Ask for the phone and send a code to it."""
    form = PhoneForm(request.POST or None)
    if request.method == "POST" and senders.is_open() and form.is_valid():
        phone = form.cleaned_data["phone"]
        sent = _ask(
            request,
            form,
            CodePurpose.RESET,
            lambda: ask_for_code(CodePurpose.RESET, phone, address=address_of(request)),
        )
        if sent:
            return redirect("reset-code")
    return _page(request, "reset", form=form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reset_code(request: HttpRequest) -> HttpResponse:
    """Take the code and go on to the new password."""
    form, proved = _prove(request, CodePurpose.RESET)
    if proved:
        return redirect("reset-password")
    return form if isinstance(form, HttpResponse) else _page(request, "code", form=form)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def reset_new(request: HttpRequest) -> HttpResponse:
    """Take the new password of somebody whose phone is proved."""
    code = _open_code(request)
    if code.get("purpose") != CodePurpose.RESET:
        return redirect("reset")
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = reset_password(code["key"], form.cleaned_data["password"], now=timezone.now())
        except DomainError as refused:
            if refused.code != "password.weak":
                return _begin_anew(request, "reset", refused)
            form.add_error("password", refused.message)
        else:
            _forget(request)
            if user is None:
                return _page(request, "unknown", phone=code["shown"])
            messages.success(request, _("The new password holds. Sign in with it."))
            return redirect("/")
    return _page(request, "password", form=form, rules=rules_in_words())


@never_cache
@sensitive_post_parameters("secret", "password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """Let an invited person set their password. The secret stands behind the ``#``: no log has it."""
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            user = accept_invitation(said["secret"], said["password"], now=timezone.now())
        except DomainError as refused:
            form.add_error(
                "password" if refused.code == "password.weak" else "secret", refused.message
            )
        else:
            # A link proves no more than a password: a second step that is set up is asked for.
            answer = after_first_step(user, method=Method.INVITATION, now=timezone.now())
            if answer.person is None:
                return ask_second_step(request, answer)
            return come_in(request, user, answer.method)
    return _page(request, "invitation", form=form, rules=rules_in_words())


def _ask(request: HttpRequest, form: forms.Form, purpose: str, send: Callable[[], Any]) -> bool:
    """Send a code; say beside the field why not when it was refused."""
    try:
        row = send()
    except TextRefused as refused:
        form.add_error("name", refused.message)
        return False
    except DomainError as refused:
        field = _FIELDS.get(refused.code, "phone")
        form.add_error(field, _too_many(refused) or refused.message)
        return False
    request.session[OPEN_CODE] = {
        "key": str(row.pk),
        "purpose": str(purpose),
        "shown": f"{row.phone[:3]} **** {row.phone[-4:]}",
    }
    return True


_FIELDS = {"password.weak": "password", "join.no_consent": "consent"}


def _too_many(refused: DomainError) -> str:
    until = parse_datetime(refused.details.get("retry_at", ""))
    if until is None:
        return ""
    now: datetime = timezone.now()
    return _("Codes were just asked for. Ask again after %(time)s.") % {
        "time": moment_words(timezone.localtime(until), now=now)
    }


def _prove(request: HttpRequest, purpose: str) -> tuple[forms.Form | HttpResponse, bool]:
    code = _open_code(request)
    if code.get("purpose") != purpose:
        return redirect("join" if purpose == CodePurpose.JOIN else "reset"), False
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        proof = prove_code(
            code["key"], form.cleaned_data["code"], purpose=purpose, now=timezone.now()
        )
        if proof.proved:
            return form, True
        form.add_error(
            "code",
            _("This code is not valid any more. Ask for a new one.")
            if proof.refusal == "code.expired"
            else ngettext(
                "This is not the code; you can try %(left)s more time.",
                "This is not the code; you can try %(left)s more times.",
                proof.tries_left,
            )
            % {"left": proof.tries_left},
        )
    return form, False


def _open_code(request: HttpRequest) -> dict[str, str]:
    code: dict[str, str] = request.session.get(OPEN_CODE, {})
    return code


def _forget(request: HttpRequest) -> None:
    request.session.pop(OPEN_CODE, None)


def _begin_anew(request: HttpRequest, name: str, refused: DomainError) -> HttpResponse:
    _forget(request)
    messages.error(request, refused.message)
    return redirect(name)


def _page(request: HttpRequest, step: str, **context: Any) -> HttpResponse:
    form = context.get("form")
    status = 422 if isinstance(form, forms.Form) and form.errors else 200
    code = _open_code(request)
    context |= {
        "step": step,
        "is_open": senders.is_open(),
        "is_simulated": senders.is_simulated(),
        "shown": code.get("shown", ""),
        "again": "join" if code.get("purpose") == CodePurpose.JOIN else "reset",
    }
    return render(request, "accounts/join.html", context, status=status)
