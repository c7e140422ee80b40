"""A person's own page: language, password, second step, and where they are signed in."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actions import (
    change_password,
    end_device,
    end_other_devices,
    end_other_sessions,
    end_session,
    prove_password,
    set_language,
)
from accounts.forms import ChangePasswordForm, ProfileForm
from accounts.letting_in import keep_signed_in, prove
from accounts.models import Device, WebSession
from accounts.passwords import rules_in_words
from accounts.people import signed_in
from accounts.queries import must_have_second_step, second_step_due_at, second_step_state
from accounts.sessions import digest_of
from accounts.views.coming_in import speak
from common.addresses import address_of
from common.errors import DomainError
from common.words import moment_words


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Let people choose their language; theme, keys and notices are kept by the browser."""
    form = ProfileForm(request.POST or None, initial={"language": translation.get_language()})
    if request.method == "POST" and form.is_valid():
        language = form.cleaned_data["language"]
        user = signed_in(request)
        set_language(user, language, by=user)
        response = redirect("profile")
        speak(response, language)
        return response
    return _profile_page(request, form, ChangePasswordForm())


@login_required
@never_cache
@sensitive_post_parameters("current", "password")
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; every other session ends, this one goes on under a new key."""
    user, now = signed_in(request), timezone.now()
    form = ChangePasswordForm(request.POST)
    if form.is_valid():
        wrong = prove_password(
            user, form.cleaned_data["current"], address=address_of(request), now=now
        )
        if wrong is not None:
            form.add_error(
                "current",
                _("Too many wrong passwords. Try again after %(time)s.")
                % {"time": moment_words(wrong.locked_until, now=now)}
                if wrong.locked_until
                else _("The password is wrong."),
            )
        else:
            try:
                changed = change_password(
                    user,
                    form.cleaned_data["password"],
                    by=user,
                    keep=request.session.session_key or "",
                )
            except DomainError as refused:
                form.add_error("password", refused.message)
            else:
                keep_signed_in(request, changed)
                prove(request)
                messages.success(
                    request, _("The new password holds. You are signed out everywhere else.")
                )
                return redirect("profile")
    language = ProfileForm(initial={"language": translation.get_language()})
    return _profile_page(request, language, form, status=422)


@login_required
@never_cache
@require_POST
def end_one(request: HttpRequest, key: UUID) -> HttpResponse:
    """End one of one's sessions."""
    user = signed_in(request)
    session = WebSession.objects.filter(user=user, pk=key).first()
    if session is None:
        raise Http404
    end_session(session, by=user)
    return redirect("/profile/#sessions")


@login_required
@never_cache
@require_POST
def end_app(request: HttpRequest, key: UUID) -> HttpResponse:
    """Sign one of one's apps out."""
    user = signed_in(request)
    device = Device.objects.filter(user=user, pk=key).first()
    if device is None:
        raise Http404
    end_device(device, by=user, now=timezone.now())
    return redirect("/profile/#sessions")


@login_required
@never_cache
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """End all sessions but this one, and every app."""
    user = signed_in(request)
    end_other_sessions(user, keep=request.session.session_key or "", by=user)
    end_other_devices(user, besides=None, by=user, now=timezone.now())
    return redirect("/profile/#sessions")


def _profile_page(
    request: HttpRequest, form: ProfileForm, password_form: ChangePasswordForm, status: int = 200
) -> HttpResponse:
    user = signed_in(request)
    here = digest_of(request.session.session_key or "")
    sessions = list(
        WebSession.objects.filter(user=user).going_on().order_by("-seen_at")[:SESSIONS_SHOWN]
    )
    for session in sessions:
        session.is_here = session.key_hash == here  # type: ignore[attr-defined]
    sessions.sort(key=lambda session: session.key_hash != here)
    must = must_have_second_step(user)
    context = {
        "form": form,
        "password_form": password_form,
        "rules": rules_in_words(),
        "state": second_step_state(user),
        "must": must,
        "due_at": second_step_due_at(user) if must else None,
        "sessions": sessions,
        "apps": Device.objects.filter(user=user).living(timezone.now()).order_by("-last_used_at"),
    }
    return render(request, "accounts/profile.html", context, status=status)


SESSIONS_SHOWN = 50
