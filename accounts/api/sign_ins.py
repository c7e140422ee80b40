"""REST of apps signing in: by password and second step, renewing, signing out."""

from datetime import datetime
from typing import Any

from django.core import signing
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions import (
    Answer,
    refresh_device,
    sign_in_device,
    sign_out_device,
    try_password,
    try_second_step,
)
from accounts.actions.devices import Tokens
from accounts.api import SignedIn
from accounts.api.devices import device_card, this_device
from accounts.authentication import BearerAuthentication, SecondStepMissing
from accounts.models import Platform
from accounts.queries import owes_second_step
from accounts.shapes import SecondStepShape, SignedInShape
from common.addresses import address_of
from common.errors import DomainError, Unproven
from common.rest import PROBLEM, Endpoint, Nothing, Sent, accepted
from common.rest.rates import TooFast

CHALLENGE = "accounts.api.challenge"


class DeviceFields(Sent):
    """Which app on which device."""

    name = serializers.CharField(max_length=64)
    platform = serializers.ChoiceField(Platform.choices)
    app_version = serializers.CharField(max_length=32, required=False, allow_blank=True, default="")
    device_id = serializers.CharField(
        max_length=64,
        required=False,
        allow_blank=True,
        default="",
        help_text="the same for every account on this device; only a digest is kept, to see second accounts",
    )


class SignInFields(Sent):
    """Account (name, staff number or phone), password, and what signs in."""

    account = serializers.CharField(max_length=64)
    password = serializers.CharField(max_length=128, trim_whitespace=False)
    device = DeviceFields()


class SecondStepFields(Sent):
    """The challenge of the sign-in, and a code of the code app or a recovery code."""

    challenge = serializers.CharField(max_length=2_000)
    code = serializers.CharField(max_length=40)


class RefreshFields(Sent):
    """The refresh token of the last answer."""

    refresh_token = serializers.CharField(max_length=200)


class SignInLocked(TooFast):
    """Too many wrong tries: 429, to be tried again when the lock is over."""

    def __init__(self, refused: DomainError, until: datetime) -> None:
        super().__init__(max(1, int((until - timezone.now()).total_seconds())))
        DomainError.__init__(self, refused.code, refused.message, **refused.details)


class StrangerEndpoint(Endpoint):
    """For those who have no token yet: neither cookie nor bearer is looked at, no answer is kept."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    keeps_answers = False


class SignIns(StrangerEndpoint):
    """An app signs in."""

    @extend_schema(
        request=SignInFields,
        responses={201: SignedInShape, (401, PROBLEM): SecondStepShape},
    )
    def post(self, request: Request) -> Response:
        """Sign an app in; the tokens are in this answer and nowhere else.

        Who has a second step is answered 401 ``second_step.required`` with a challenge for it.
        """
        sent = accepted(SignInFields, request.data)
        answer = try_password(
            sent["account"], sent["password"], address=address_of(request._request)
        )
        if answer.challenge:
            raise Unproven(
                "second_step.required",
                _("Send the code of your code app, or a recovery code, with the challenge."),
                challenge=signing.dumps([answer.challenge, sent["device"]], salt=CHALLENGE),
                ways=list(answer.ways),
            )
        return _let_in(answer, sent["device"], request)


class SecondSteps(StrangerEndpoint):
    """An app proves the second thing."""

    @extend_schema(
        request=SecondStepFields,
        responses={201: SignedInShape},
    )
    def post(self, request: Request) -> Response:
        """Answer the challenge of a sign-in with a code; the tokens are in this answer."""
        sent = accepted(SecondStepFields, request.data)
        try:
            # How long it holds is asked of the challenge inside.
            challenge, device = signing.loads(sent["challenge"], salt=CHALLENGE)
        except signing.BadSignature:
            challenge, device = "", {}
        answer = try_second_step(challenge, sent["code"], address=address_of(request._request))
        return _let_in(answer, device, request)


class Refreshes(StrangerEndpoint):
    """An app renews its tokens."""

    @extend_schema(request=RefreshFields, responses={200: SignedInShape})
    def post(self, request: Request) -> Response:
        """Renew both tokens; the old refresh token is spent.

        Send one at a time. An answer that was lost may be asked for again within seconds; a spent
        token that comes back otherwise signs the device out (``refresh.reused``).
        """
        sent = accepted(RefreshFields, request.data)
        tokens = refresh_device(sent["refresh_token"], now=timezone.now())
        return Response(signed_in_card(tokens))


class CurrentSignIn(Endpoint):
    """The sign-in that asks."""

    authentication_classes = (BearerAuthentication,)

    @extend_schema(responses={204: None})
    def delete(self, request: SignedIn) -> Response:
        """Sign this app out: its tokens stop, its sockets close."""
        accepted(Nothing, request.data)
        device = this_device(request)
        if device is not None:
            sign_out_device(device, by=request.user, now=timezone.now())
        return Response(status=204)


def signed_in_card(tokens: Tokens) -> dict[str, Any]:
    """Return what an app gets when it signs in or renews."""
    device, user = tokens.device, tokens.device.user
    return {
        "token_type": "Bearer",
        "access_token": tokens.access,
        "expires_in": int((device.access_until - timezone.now()).total_seconds()),
        "refresh_token": tokens.refresh,
        "refresh_expires_at": device.ends_at,
        "device": device_card(device, device),
        "person": {
            "id": user.public_key,
            "name": user.display_name,
            "roles": user.roles,
            "language": user.language,
        },
    }


def _let_in(answer: Answer, device: dict[str, Any], request: Request) -> Response:
    """Sign the device in for whoever proved who they are; refuse everybody else."""
    if answer.error is not None:
        if answer.locked_until is not None:
            raise SignInLocked(answer.error, answer.locked_until)
        raise Unproven(answer.error.code, answer.error.message, **answer.error.details)
    person, now = answer.person, timezone.now()
    assert person is not None, "an answer without a challenge or a refusal has a person"
    if owes_second_step(person, answer.method, now=now):
        raise SecondStepMissing()
    tokens = sign_in_device(
        person, method=answer.method, **device, address=address_of(request._request), now=now
    )
    return Response(signed_in_card(tokens), status=201)
