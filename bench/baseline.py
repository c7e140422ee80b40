"""What most people build: a stock Channels consumer over channels_redis pub/sub that stores nothing."""

import json
import os

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings

settings.configure(
    SECRET_KEY="bench",
    INSTALLED_APPS=["channels"],
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [os.environ["BENCH_REDIS_URL"]]},
        }
    },
)

import django  # noqa: E402

django.setup()

from django.urls import path  # noqa: E402


class Baseline(AsyncWebsocketConsumer):
    """Sends what it hears to the conversation's group."""

    async def connect(self) -> None:
        self.group = f"chat.{self.scope['url_route']['kwargs']['key']}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        frame = json.loads(text_data or "{}")
        await self.channel_layer.group_send(
            self.group,
            {"type": "chat.message", "client_id": frame["client_id"], "body": frame["body"]},
        )

    async def chat_message(self, event: dict) -> None:
        await self.send(
            json.dumps({"op": "message", "client_id": event["client_id"], "body": event["body"]})
        )


application = ProtocolTypeRouter(
    {"websocket": URLRouter([path("ws/<str:key>/", Baseline.as_asgi())])}
)
