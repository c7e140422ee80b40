"""Goodwill at the API: planned, offered and given by the shop, answered by the buyer."""

import uuid

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import SignedIn
from common.rest import Endpoint, Nothing, PageQuery, accepted, answers
from merchants.actions.goodwill import (
    answer_gesture,
    fulfil_gesture,
    offer_gesture,
    set_goodwill_plan,
    withdraw_gesture,
)
from merchants.goodwill import shapes
from merchants.models import Gesture, Shop, shops_of
from merchants.queries.goodwill import (
    buyers_card,
    effect_of,
    gesture_card,
    gesture_of_shops,
    gesture_page,
    goodwill_of,
    my_gesture,
    my_gesture_page,
)


def own_shop(request: SignedIn, shop_no: str) -> Shop:
    """Return a shop whoever asks works for, or answer as if there were none."""
    found = shops_of(request.user).filter(shop_no=shop_no[:32]).first()
    if found is None:
        raise Http404
    return found


def own_gesture(request: SignedIn, key: uuid.UUID) -> Gesture:
    """Return a gesture of the shops of whoever asks, or answer as if there were none."""
    found = gesture_of_shops(request.user, key)
    if found is None:
        raise Http404
    return found


def offered_to(request: SignedIn, key: uuid.UUID) -> Gesture:
    """Return a gesture offered to whoever asks, or answer as if there were none."""
    found = my_gesture(request.user, key)
    if found is None:
        raise Http404
    return found


class Plans(Endpoint):
    """A shop's budget for goodwill."""

    shape = shapes.Goodwill

    @extend_schema(responses=answers({200: shapes.Goodwill}, 404))
    def get(self, request: SignedIn, shop_no: str) -> Response:
        """Show a shop's plan and what is left of this month's budget."""
        return Response(goodwill_of(own_shop(request, shop_no), timezone.now()))

    @extend_schema(
        request=shapes.PlanSent, responses=answers({201: shapes.Goodwill}, 400, 404, 409, 422)
    )
    def post(self, request: SignedIn, shop_no: str) -> Response:
        """Set a plan from now on; what was promised stays promised."""
        shop = own_shop(request, shop_no)
        set_goodwill_plan(shop, **accepted(shapes.PlanSent, request.data), by=request.user)
        return Response(goodwill_of(shop, timezone.now()), status=201)


class Gestures(Endpoint):
    """A shop's gestures."""

    shape = shapes.Gesture

    @extend_schema(
        parameters=[PageQuery], responses=answers({200: shapes.GesturePage}, 400, 404, 409)
    )
    def get(self, request: SignedIn, shop_no: str) -> Response:
        """List what a shop has offered, newest first."""
        return self.page(*gesture_page(own_shop(request, shop_no), **self.query(PageQuery)))

    @extend_schema(
        request=shapes.GestureSent, responses=answers({201: shapes.Gesture}, 400, 404, 409, 422)
    )
    def post(self, request: SignedIn, shop_no: str) -> Response:
        """Offer something to the buyer of an order, in the talk about it when one goes on."""
        shop = own_shop(request, shop_no)
        sent = accepted(shapes.GestureSent, request.data)
        gesture = offer_gesture(shop, **sent, by=request.user)
        return Response(gesture_card(gesture), status=201)


class Effects(Endpoint):
    """What a shop's gestures brought."""

    shape = shapes.GoodwillEffect

    @extend_schema(responses=answers({200: shapes.GoodwillEffect}, 404))
    def get(self, request: SignedIn, shop_no: str) -> Response:
        """Show ratings and further orders after gestures, by kind, beside the shop's other orders."""
        return Response(effect_of(own_shop(request, shop_no), timezone.now()))


class Fulfilments(Endpoint):
    """That something was given."""

    @extend_schema(
        request=shapes.ProofSent, responses=answers({200: shapes.Gesture}, 400, 404, 409, 422)
    )
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Say that what was accepted was given, and name what proves it."""
        gesture = own_gesture(request, key)
        sent = accepted(shapes.ProofSent, request.data)
        return Response(gesture_card(fulfil_gesture(gesture, **sent, by=request.user)))


class Withdrawals(Endpoint):
    """That an offer is taken back."""

    @extend_schema(request=None, responses=answers({200: shapes.Gesture}, 400, 404, 409))
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Take back an offer nobody has answered."""
        gesture = own_gesture(request, key)
        accepted(Nothing, request.data)
        return Response(gesture_card(withdraw_gesture(gesture, by=request.user)))


class MyGestures(Endpoint):
    """What shops have offered one."""

    shape = shapes.OfferedGesture

    @extend_schema(
        parameters=[PageQuery], responses=answers({200: shapes.OfferedGesturePage}, 400, 404, 409)
    )
    def get(self, request: SignedIn) -> Response:
        """List what shops have offered to make good, newest first."""
        if not request.user.can("me.use"):
            raise Http404
        return self.page(*my_gesture_page(request.user, **self.query(PageQuery)))


class OneGesture(Endpoint):
    """One offer to oneself."""

    shape = shapes.OfferedGesture

    @extend_schema(responses=answers({200: shapes.OfferedGesture}, 404))
    def get(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Show an offer and where it is."""
        return Response(buyers_card(offered_to(request, key)))


class GestureAnswers(Endpoint):
    """The answer to an offer."""

    @extend_schema(
        request=shapes.GestureAnswered,
        responses=answers({200: shapes.OfferedGesture}, 400, 404, 409, 422),
    )
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Take an offer or leave it; what one may claim by law stays as it is."""
        gesture = offered_to(request, key)
        sent = accepted(shapes.GestureAnswered, request.data)
        return Response(buyers_card(answer_gesture(gesture, **sent, by=request.user)))
