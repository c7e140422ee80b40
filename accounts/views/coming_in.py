"""The second step after the password, and what everybody gets who came in."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.actions import Answer, try_second_step
from accounts.forms import StepForm
from accounts.letting_in import YEAR_SECONDS, let_in, next_of, remember_device
from accounts.models import User
from common.addresses import address_of
from common.words import moment_words

OPEN_STEP = "open_step"


def come_in(request: HttpRequest, user: User, method: str, onward: str = "") -> HttpResponse:
    """Sign ``user`` in and send them where they wanted to go, in their own language."""
    where = onward or next_of(request) or "/"
    let_in(request, user, method)
    response = redirect(where)
    remember_device(request, response)
    speak(response, user.language)
    return response


def ask_second_step(request: HttpRequest, answer: Answer) -> HttpResponse:
    """Go on to the page of the second step; the question stays with the browser's session."""
    request.session[OPEN_STEP] = {
        "challenge": answer.challenge,
        "ways": list(answer.ways),
        "next": next_of(request),
    }
    # The password was right: what was known of this browser before does not come along.
    request.session.cycle_key()
    return redirect("second-step")


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Ask for a code of the app, a recovery code or a passkey after the password."""
    step: dict[str, Any] | None = request.session.get(OPEN_STEP)
    if step is None:
        return redirect("/")
    if request.method != "POST":
        return _step_page(request, StepForm(), step)
    form = StepForm(request.POST)
    if not form.is_valid():
        return _step_page(request, form, step, status=422)
    now = timezone.now()
    answer = try_second_step(
        step["challenge"], form.cleaned_data["code"], address=address_of(request), now=now
    )
    if answer.person is not None:
        return come_in(request, answer.person, answer.method, step["next"])
    if answer.refusal == "second_step.expired":
        del request.session[OPEN_STEP]
        return redirect("/?late=1")
    if answer.locked_until is not None:
        form.add_error(
            "code",
            _("Too many wrong codes. Try again after %(time)s.")
            % {"time": moment_words(answer.locked_until, now=now)},
        )
    else:
        form.add_error(
            "code",
            ngettext(
                "This code does not fit; each works once. You can try %(left)s more time.",
                "This code does not fit; each works once. You can try %(left)s more times.",
                answer.tries_left,
            )
            % {"left": answer.tries_left},
        )
    return _step_page(request, form, step, status=422)


def speak(response: HttpResponse, language: str) -> None:
    """Let the browser remember the language a person chose."""
    if language:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=YEAR_SECONDS,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )


def _step_page(
    request: HttpRequest, form: StepForm, step: dict[str, Any], status: int = 200
) -> HttpResponse:
    if "totp" not in step["ways"]:
        form.fields["code"].label = _("Recovery code")
    context = {"form": form, "ways": step["ways"]}
    return render(request, "accounts/second_step.html", context, status=status)
