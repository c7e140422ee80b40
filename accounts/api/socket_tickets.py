"""REST of socket tickets."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.actions import issue_socket_ticket
from accounts.api import SignedIn
from accounts.api.devices import this_device
from accounts.models import IntegrationToken
from accounts.shapes import SocketTicketShape
from common.context import live_url
from common.parameters import value
from common.rest import Endpoint, Nothing, accepted


class SocketTickets(Endpoint):
    """What lets a socket in, so that no lasting token is ever sent where it could be logged."""

    resource = "sockets"
    keeps_answers = False

    @extend_schema(request=None, responses={201: SocketTicketShape})
    def post(self, request: SignedIn) -> Response:
        """Get a ticket for one socket; it works once and for seconds."""
        accepted(Nothing, request.data)
        device = this_device(request)
        token = request.auth if isinstance(request.auth, IntegrationToken) else None
        is_browser = device is None and token is None
        ticket = issue_socket_ticket(
            request.user,
            now=timezone.now(),
            session_key=(request.session.session_key or "") if is_browser else "",
            device=device,
            integration_token=token,
        )
        seconds = int(value("token.socket_ticket").total_seconds())
        answer = {"ticket": ticket, "expires_in": seconds, "url": live_url(request._request)}
        return Response(answer, status=201)
