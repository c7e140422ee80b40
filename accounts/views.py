"""The front door: signing in, one's own doors, signing out, the profile."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actions import (
    count_wrong_password,
    forget_wrong_passwords,
    leave,
    set_language,
)
from accounts.doors import all_doors, doors_of
from accounts.forms import ProfileForm, SignInForm
from accounts.models import User
from accounts.people import signed_in
from accounts.queries import demo_people, locked_until
from common.addresses import address_of
from common.templatetags.xiaoer import icon_names
from common.words import moment_words

BACKEND = "accounts.backends.AccountBackend"
YEAR_SECONDS = 31_536_000
SWATCHES = (
    "paper",
    "surface",
    "raised",
    "sunken",
    "chip",
    "line",
    "line-2",
    "ink",
    "ink-2",
    "ink-3",
    "accent",
    "accent-fill",
    "accent-tint",
    "ok",
    "info",
    "danger",
    "c1",
    "c2",
)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def front(request: HttpRequest) -> HttpResponse:
    """Show the sign-in to strangers and the doors to people; one door is gone through at once."""
    if request.method == "POST":
        return _sign_in(request)
    if request.user.is_authenticated:
        return _doors(request)
    return _sign_in_page(request, SignInForm())


@never_cache
@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Become a named person of the demo world; elsewhere this address does not exist."""
    if not settings.DEMO:
        raise Http404
    playable = {str(person.public_id): person for person, _role in demo_people()}
    person = playable.get(request.POST.get("person", ""))
    if person is None:
        raise Http404
    return _let_in(request, person)


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; the second time changes nothing."""
    user = request.user
    logout(request)
    if isinstance(user, User):
        leave(user)
    return redirect("/")


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
        return _speaking(redirect("profile"), language)
    return render(request, "accounts/profile.html", {"form": form})


def components(request: HttpRequest) -> HttpResponse:
    """Show every component in every state to those who build and run the house."""
    if not (settings.DEBUG or (request.user.is_authenticated and request.user.can("admin.use"))):
        raise Http404
    now = timezone.now()
    ago = timedelta
    return render(
        request,
        "accounts/components.html",
        {
            "chat_clocks": [
                (_("calm"), now - ago(seconds=40), now + ago(seconds=140)),
                (_("from 100 seconds"), now - ago(seconds=101), now + ago(seconds=79)),
                (
                    _("from 150 seconds, help is asked"),
                    now - ago(seconds=152),
                    now + ago(seconds=28),
                ),
                (
                    _("past 180 seconds, the lead owns it"),
                    now - ago(seconds=222),
                    now - ago(seconds=42),
                ),
            ],
            "paused": (now - ago(minutes=50), now + ago(minutes=40)),
            "promise": (now - ago(hours=2), now + ago(minutes=80)),
            "long_clocks": [
                (now - ago(hours=1), now + ago(hours=5, minutes=12)),
                (now - ago(days=1), now + ago(days=3)),
                (now - ago(days=4), now - ago(days=2)),
            ],
            "now": now,
            "tiers": ["new", "normal", "super", "vip88", "apass"],
            "icons": sorted(icon_names()),
            "swatches": SWATCHES,
            "empty_acts": [
                {"url": "#main", "label": _("See promises"), "primary": True},
                {"url": "#main", "label": _("Break for 10 minutes")},
            ],
        },
    )


def _sign_in(request: HttpRequest) -> HttpResponse:
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _sign_in_page(request, form, status=422)
    account, address, now = (
        form.cleaned_data["account"],
        address_of(request),
        timezone.now(),
    )
    until = locked_until(account, address=address, now=now)
    if until is None:
        user = authenticate(
            request, username=account.strip(), password=form.cleaned_data["password"]
        )
        if isinstance(user, User):
            forget_wrong_passwords(account, address=address)
            return _let_in(request, user)
        left = count_wrong_password(account, address=address, now=now)
        until = locked_until(account, address=address, now=now)
    if until is not None:
        form.refuse(
            _(
                "Too many wrong passwords. Try again after %(time)s, or ask operations to unlock"
                " the account now."
            )
            % {"time": moment_words(until, now=now)}
        )
    else:
        form.refuse(
            ngettext(
                "Account or password is wrong; you can try %(left)s more time.",
                "Account or password is wrong; you can try %(left)s more times.",
                left,
            )
            % {"left": left}
        )
    return _sign_in_page(request, form, status=422)


def _let_in(request: HttpRequest, user: User) -> HttpResponse:
    login(request, user, backend=BACKEND)
    response = redirect(_next_of(request) or "/")
    return _speaking(response, user.language) if user.language else response


def _sign_in_page(request: HttpRequest, form: SignInForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "next": _next_of(request),
        "doors": all_doors(),
        "languages": settings.LANGUAGES,
        "people": demo_people() if settings.DEMO else [],
    }
    return render(request, "accounts/front.html", context, status=status)


def _doors(request: HttpRequest) -> HttpResponse:
    onward = _next_of(request)
    if onward:
        return redirect(onward)
    doors = doors_of(signed_in(request))
    if len(doors) == 1:
        return redirect(doors[0].door.url)
    context = {
        "own_doors": doors,
        "languages": settings.LANGUAGES,
        "people": demo_people() if settings.DEMO else [],
    }
    return render(request, "accounts/front.html", context)


def _next_of(request: HttpRequest) -> str:
    onward = request.POST.get("next") or request.GET.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(
        onward, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return onward if allowed and onward != "/" else ""


def _speaking(response: HttpResponseRedirect, language: str) -> HttpResponseRedirect:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=YEAR_SECONDS,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response
