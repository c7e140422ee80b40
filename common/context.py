"""What every page needs to know."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the sockets' address and whether this is the demo world."""
    return {"live_url": live_url(request), "is_demo": settings.DEMO}


def live_url(request: HttpRequest) -> str:
    """Return the address of the sockets as this browser reaches it."""
    if settings.LIVE_URL:
        return settings.LIVE_URL
    scheme = "wss" if request.is_secure() else "ws"
    host = request.get_host()
    if settings.LIVE_PORT:
        name = host.rsplit(":", 1)[0] if ":" in host and not host.endswith("]") else host
        host = f"{name}:{settings.LIVE_PORT}"
    return f"{scheme}://{host}/ws/"
