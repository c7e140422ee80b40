"""The ``live`` process: sockets, and two signs of life for supervisors."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
http = get_asgi_application()

from tickets.consumers import ClientSocket  # noqa: E402
from tickets.live import forget_live, live  # noqa: E402


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """Get ready before the first socket; write what is queued before the last one goes."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await live().start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await live().stop()
            forget_live()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def signs_of_life(scope: Any, receive: Any, send: Any) -> None:
    """Answer ``/healthz`` and ``/readyz``; every other page belongs to ``web``."""
    if scope["path"] in {"/healthz", "/readyz"}:
        await http(scope, receive, send)
        return
    await send(
        {
            "type": "http.response.start",
            "status": 404,
            "headers": [(b"content-type", b"text/plain")],
        }
    )
    await send({"type": "http.response.body", "body": b"sockets only\n"})


client_socket = ClientSocket.as_asgi()


async def sockets(scope: Any, receive: Any, send: Any) -> None:
    """Open the one address there is. A router's copies of the scope would stay as long as the socket."""
    if scope["path"] == "/ws/":
        await client_socket(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 4404})


_PROTOCOLS = {"http": signs_of_life, "websocket": sockets, "lifespan": lifespan}


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Hand each connection to its protocol."""
    await _PROTOCOLS[scope["type"]](scope, receive, send)
