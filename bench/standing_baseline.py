"""An address that answers nothing to who is signed in: what any address of the house costs by itself."""

from django.urls import include, path
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import SignedIn
from common.rest import Endpoint


class Empty(Endpoint):
    """Answer an empty object to whoever is signed in."""

    @extend_schema(exclude=True)
    def get(self, request: SignedIn) -> Response:
        return Response({})


urlpatterns = [path("empty/", Empty.as_view()), path("", include("config.urls"))]
