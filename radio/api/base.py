"""What all addresses of the radio share."""

from django.http import Http404
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User
from common.rest import Endpoint


class ReadsRadio(IsAuthenticated):
    """Who has nothing to do with the radio finds none of it."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if isinstance(request.user, User) and not request.user.can("radio.read"):
            raise Http404
        return super().has_permission(request, view)


class PushesCases(IsAuthenticated):
    """Who pushes cases finds them, even who reads nothing else of the radio."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        may = ("radio.read", "radio.submit_case")
        if isinstance(request.user, User) and not any(map(request.user.can, may)):
            raise Http404
        return super().has_permission(request, view)


class RadioEndpoint(Endpoint):
    """An address for who may read the radio."""

    permission_classes = [ReadsRadio]
