"""The front door: signing in, one's own doors, signing out."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import senders
from accounts.actions import Answer, leave, try_password
from accounts.doors import all_doors, doors_of
from accounts.forms import SignInForm
from accounts.letting_in import device_of, next_of
from accounts.models import Method, User
from accounts.people import signed_in
from accounts.queries import demo_people
from accounts.views.coming_in import ask_second_step, come_in
from common.addresses import address_of
from common.templatetags.xiaoer import icon_names
from common.words import moment_words

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
    return come_in(request, person, Method.DEMO)


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; the second time changes nothing."""
    user = request.user
    logout(request)
    if isinstance(user, User):
        leave(user)
    return redirect("/")


@require_safe
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
    now = timezone.now()
    answer = try_password(
        form.cleaned_data["account"],
        form.cleaned_data["password"],
        address=address_of(request),
        device=device_of(request),
        now=now,
    )
    if answer.person is not None:
        return come_in(request, answer.person, answer.method)
    if answer.challenge:
        return ask_second_step(request, answer)
    form.refuse(_words_of(answer, now))
    return _sign_in_page(request, form, status=422)


def _words_of(answer: Answer, now: datetime) -> str:
    if answer.locked_until is not None:
        return _(
            "Too many wrong passwords. Try again after %(time)s, or ask operations to unlock"
            " the account now."
        ) % {"time": moment_words(answer.locked_until, now=now)}
    return ngettext(
        "Account or password is wrong; you can try %(left)s more time.",
        "Account or password is wrong; you can try %(left)s more times.",
        answer.tries_left,
    ) % {"left": answer.tries_left}


def _sign_in_page(request: HttpRequest, form: SignInForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "next": next_of(request),
        "doors": all_doors(),
        "languages": settings.LANGUAGES,
        "people": demo_people() if settings.DEMO else [],
        "is_late": "late" in request.GET,
        "may_join": senders.is_open(),
    }
    return render(request, "accounts/front.html", context, status=status)


def _doors(request: HttpRequest) -> HttpResponse:
    onward = next_of(request)
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
