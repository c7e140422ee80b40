"""Channels and what one hears of them."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import SignedIn
from accounts.models import User
from common.rest import Nothing, Sent, accepted, answers
from radio import shapes
from radio.actions import mute_channel, subscribe, unsubscribe
from radio.api.base import RadioEndpoint
from radio.models import Channel
from radio.queries.channels import channel_cards, subscription_card, subscription_cards


class Hearing(Sent):
    """Whether a subscription is muted: kept, but nothing is delivered or counted."""

    is_muted = serializers.BooleanField(default=False)


def channel_of(user: User, code: str) -> Channel:
    """Return the channel ``user`` may know of, or answer as if there were none."""
    channel = Channel.objects.visible_to(user).filter(code=code).first()
    if channel is None:
        raise Http404
    return channel


class Channels(RadioEndpoint):
    """The channels somebody may know of."""

    resource = "channels"
    shape = shapes.Channel

    @extend_schema(responses=answers({200: shapes.ChannelPage}, 404))
    def get(self, request: SignedIn) -> Response:
        """List all channels one may know of, in order, with one's own subscription."""
        return self.page(
            channel_cards(Channel.objects.visible_to(request.user), request.user), None
        )


class OneChannel(RadioEndpoint):
    """One channel."""

    resource = "channels"
    shape = shapes.Channel

    @extend_schema(responses=answers({200: shapes.Channel}, 404))
    def get(self, request: SignedIn, code: str) -> Response:
        """Show one channel."""
        channel = channel_of(request.user, code)
        (card,) = channel_cards(Channel.objects.filter(pk=channel.pk), request.user)
        return Response(card)


class Subscriptions(RadioEndpoint):
    """What somebody hears."""

    resource = "subscriptions"
    shape = shapes.Subscription

    @extend_schema(responses=answers({200: shapes.SubscriptionPage}, 404))
    def get(self, request: SignedIn) -> Response:
        """List one's own subscriptions."""
        return self.page(subscription_cards(request.user), None)


class OneSubscription(RadioEndpoint):
    """That one hears a channel."""

    resource = "subscriptions"

    @extend_schema(request=Hearing, responses=answers({200: shapes.Subscription}, 400, 404))
    def put(self, request: SignedIn, code: str) -> Response:
        """Hear a channel, aloud or muted; doing it twice changes nothing."""
        channel = channel_of(request.user, code)
        verb = mute_channel if accepted(Hearing, request.data)["is_muted"] else subscribe
        return Response(subscription_card(verb(channel, by=request.user)))

    @extend_schema(request=None, responses=answers({204: None}, 404))
    def delete(self, request: SignedIn, code: str) -> Response:
        """Hear a channel no more; doing it twice changes nothing."""
        accepted(Nothing, request.data)
        unsubscribe(channel_of(request.user, code), by=request.user)
        return Response(status=204)
