"""What the browser's passkey calls need, as JSON: sign-in, second step, a new passkey, a proof."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.actions import add_passkey, begin_passkey, offer_passkey, prove_passkey, try_passkey
from accounts.actions.second_steps import ask_passkey_proof
from accounts.letting_in import is_proved, method_of, prove, renew_key, site_of, step_up
from accounts.models import Method
from accounts.people import signed_in
from accounts.views.coming_in import OPEN_STEP, come_in
from common.errors import DomainError
from common.rest import answer_problem, answer_refusal
from common.text import parse_json

Said = dict[str, Any]
View = Callable[[HttpRequest, Said], HttpResponse]


def in_json(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """Read a small JSON object, answer refusals as problems."""

    @never_cache
    @require_POST
    @wraps(view)
    def shown(request: HttpRequest) -> HttpResponse:
        try:
            said = parse_json(request.body or b"{}", max_depth=8)
            if not isinstance(said, dict):
                return answer_problem(
                    request, 400, "invalid", _("Some of what was sent cannot be used.")
                )
            return view(request, said)
        except DomainError as refused:
            return answer_refusal(request, refused)

    return shown


@in_json
def sign_in_begin(request: HttpRequest, said: Said) -> HttpResponse:
    """Ask any passkey of this host, or after the password one of this person's."""
    step = request.session.get(OPEN_STEP) if said.get("step") else None
    challenge = step["challenge"] if step else ""
    token, options = offer_passkey(site_of(request), challenge=challenge)
    return JsonResponse({"token": token, "options": options})


@in_json
def sign_in_finish(request: HttpRequest, said: Said) -> HttpResponse:
    """Let the person in whose passkey answered; say where to go."""
    step = request.session.get(OPEN_STEP) or {}
    answer = try_passkey(_text(said, "token"), _credential(said), site=site_of(request))
    if answer.person is None:
        error = answer.error
        return answer_problem(request, 403, answer.refusal, error.message if error else "")
    # ``come_in`` reads ``next`` as forms send it, checked like any other.
    onward = step.get("next", "") if answer.method == Method.PASSWORD_PASSKEY else ""
    response = come_in(request, answer.person, answer.method, onward)
    told = JsonResponse({"next": response["Location"]})
    told.cookies = response.cookies
    return told


@login_required
@in_json
def new_begin(request: HttpRequest, said: Said) -> HttpResponse:
    """Begin a new passkey."""
    if not is_proved(request):
        return _proof_needed(request)
    user = signed_in(request)
    token, options = begin_passkey(user, site=site_of(request), by=user, now=timezone.now())
    return JsonResponse({"token": token, "options": options})


@login_required
@in_json
def new_finish(request: HttpRequest, said: Said) -> HttpResponse:
    """Keep the new passkey; recovery codes are shown once, by the page that asked."""
    user = signed_in(request)
    _passkey, codes = add_passkey(
        user,
        _text(said, "token"),
        _credential(said),
        name=_text(said, "name"),
        site=site_of(request),
        by=user,
        now=timezone.now(),
        keep=request.session.session_key or "",
    )
    if not Method(method_of(request)).is_strong:
        step_up(request, Method.PASSWORD_PASSKEY)
    return JsonResponse({"codes": codes})


@login_required
@in_json
def proof_begin(request: HttpRequest, said: Said) -> HttpResponse:
    """Ask the person's passkeys once more."""
    user = signed_in(request)
    token, options = ask_passkey_proof(user, site=site_of(request), now=timezone.now())
    return JsonResponse({"token": token, "options": options})


@login_required
@in_json
def proof_finish(request: HttpRequest, said: Said) -> HttpResponse:
    """Take the passkey as a fresh proof."""
    prove_passkey(
        signed_in(request),
        _text(said, "token"),
        _credential(said),
        site=site_of(request),
        now=timezone.now(),
    )
    prove(request)
    renew_key(request)
    return JsonResponse({"ok": True})


def _proof_needed(request: HttpRequest) -> HttpResponse:
    where = reverse("prove") + "?" + urlencode({"next": reverse("second-step-setup")})
    said = _("Prove once more that it is you.")
    return answer_problem(request, 403, "proof.needed", said, next=where)


def _text(said: Said, name: str) -> str:
    value = said.get(name, "")
    return value if isinstance(value, str) else ""


def _credential(said: Said) -> dict[str, Any]:
    value = said.get("credential")
    return value if isinstance(value, dict) else {}
