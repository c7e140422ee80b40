"""REST of reviews and scores: what everybody reads, and what a shop's own people see beside it."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import SignedIn
from accounts.models import User
from common.rest import Endpoint, PageQuery, RowLimit, Sent, accepted, answers
from merchants.actions import reply_to_review
from merchants.models import Shop, shops_of
from merchants.queries.changes import explain, explanation_card
from merchants.queries.dsr import standing_card, traffic_card, trend
from merchants.queries.effects import owned_page
from merchants.queries.reviews import rating_of_shop, review_cards, review_page, shop_of
from merchants.ratings import shapes

SEE_ALL = ("orders.see_all", "ratings.manage", "tickets.see_all")


class ReviewQuery(PageQuery):
    """Which reviews; the order is the one there is."""

    grade = serializers.ChoiceField(shapes.GRADES, required=False, default="", allow_blank=True)
    limit = RowLimit(default=20)


class OwnedQuery(PageQuery):
    """Which page of a shop's ratings."""

    limit = RowLimit(default=20)


class DaysQuery(Sent):
    """Between the ends of which two days."""

    since = serializers.DateField()
    until = serializers.DateField()


def any_shop(shop_no: str) -> Shop:
    """Return a shop, which everybody may know of."""
    shop = shop_of(shop_no)
    if shop is None:
        raise Http404
    return shop


def own_shop(user: User, shop_no: str) -> Shop:
    """Return a shop ``user`` works for or looks after; to all others there is none."""
    shop = any_shop(shop_no)
    if any(user.can(right) for right in SEE_ALL) or shops_of(user).filter(pk=shop.pk).exists():
        return shop
    raise Http404


class Reviews(Endpoint):
    """The reviews of a shop."""

    resource = "shops"
    shape = shapes.Review

    @extend_schema(
        parameters=[ReviewQuery], responses=answers({200: shapes.ReviewPage}, 400, 404, 409)
    )
    def get(self, request: SignedIn, shop_no: str) -> Response:
        """List a shop's reviews, newest first; what is not counted stays, folded with its reason."""
        return self.page(*review_page(request.user, any_shop(shop_no), **self.query(ReviewQuery)))


class Replies(Endpoint):
    """A shop's replies under one review."""

    @extend_schema(request=shapes.ReplySent, responses=answers({201: shapes.Review}, 400, 404, 409))
    def post(self, request: SignedIn, shop_no: str, key: UUID) -> Response:
        """Answer a review, and once more its follow-up."""
        shop = own_shop(request.user, shop_no)
        rating = rating_of_shop(shop.shop_no, key)
        if rating is None:
            raise Http404
        reply_to_review(rating, accepted(shapes.ReplySent, request.data)["text"], by=request.user)
        return Response(review_cards(request.user, [rating])[0], status=201)


class Standing(Endpoint):
    """Where a shop stands."""

    resource = "shops"
    shape = shapes.ShopStanding

    @extend_schema(responses=answers({200: shapes.ShopStanding}, 404))
    def get(self, request: SignedIn, shop_no: str) -> Response:
        """Show a shop's scores among its peers, its credit level and its positive rate."""
        return Response(standing_card(any_shop(shop_no), timezone.now()))


class Insights(Endpoint):
    """Where a shop stands, for its own people."""

    resource = "shops"
    shape = shapes.Insight

    @extend_schema(responses=answers({200: shapes.Insight}, 404))
    def get(self, request: SignedIn, shop_no: str) -> Response:
        """Show a shop's trend, its weight in search, and what a tenth more would bring."""
        shop, now = own_shop(request.user, shop_no), timezone.now()
        card: dict[str, Any] = {
            "standing": standing_card(shop, now),
            "traffic": traffic_card(shop, now),
            "trend": trend(shop),
        }
        return Response(card)


class Changes(Endpoint):
    """Why a shop's scores moved."""

    resource = "shops"
    shape = shapes.ScoreChanges

    @extend_schema(
        parameters=[DaysQuery], responses=answers({200: shapes.ScoreChanges}, 400, 404, 409)
    )
    def get(self, request: SignedIn, shop_no: str) -> Response:
        """List the ratings that moved the scores between two days, each with its effect."""
        shop = own_shop(request.user, shop_no)
        days = self.query(DaysQuery)
        return Response(explanation_card(explain(shop, days["since"], days["until"])))


class OwnedRatings(Endpoint):
    """The ratings of one's shop, each with its effect."""

    resource = "shops"
    shape = shapes.OwnedRating

    @extend_schema(
        parameters=[OwnedQuery], responses=answers({200: shapes.OwnedRatingPage}, 400, 404, 409)
    )
    def get(self, request: SignedIn, shop_no: str) -> Response:
        """List a shop's ratings, newest first, each with what it does to the scores."""
        return self.page(*owned_page(own_shop(request.user, shop_no), **self.query(OwnedQuery)))
