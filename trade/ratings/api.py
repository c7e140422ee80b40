"""A buyer's ratings at the API: of one's own orders; of others there is nothing to know."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import SignedIn
from accounts.queries import own_member
from common.rest import Endpoint, Nothing, accepted, answers
from merchants.actions import RatingDraft, add_followup, edit_review, withdraw_review
from merchants.models import Grade, Rating
from merchants.queries.reviews import own_card, own_rating
from trade.actions import rate_order
from trade.queries import order_of
from trade.ratings import shapes


def rated(request: SignedIn, order_no: str) -> Rating:
    """Return what the buyer who asks said of an order, or answer as if there were none."""
    rating = own_rating(request.user, order_no) if own_member(request.user) else None
    if rating is None:
        raise Http404
    return rating


def told(request: SignedIn, order_no: str, status: int = 200) -> Response:
    """Answer with the rating as it is now."""
    rating = rated(request, order_no)
    return Response(own_card(request.user, rating, timezone.now()), status=status)


class OwnRating(Endpoint):
    """What a buyer says of an order."""

    shape = shapes.OwnRating

    @extend_schema(responses=answers({200: shapes.OwnRating}, 404))
    def get(self, request: SignedIn, order_no: str) -> Response:
        """Show what one said of an order."""
        return told(request, order_no)

    @extend_schema(
        request=shapes.RatingSent, responses=answers({201: shapes.OwnRating}, 400, 404, 409)
    )
    def post(self, request: SignedIn, order_no: str) -> Response:
        """Rate an order whose trade has succeeded: once, in time; scores are never changed."""
        order = order_of(request.user, order_no) if own_member(request.user) else None
        if order is None:
            raise Http404
        sent = accepted(shapes.RatingSent, request.data)
        grade = sent.pop("grade")
        draft = RatingDraft(grade=Grade[grade.upper()].value if grade else None, **sent)
        rate_order(order, draft, by=request.user)
        return told(request, order_no, status=201)

    @extend_schema(
        request=shapes.RatingChange, responses=answers({200: shapes.OwnRating}, 400, 404, 409)
    )
    def patch(self, request: SignedIn, order_no: str) -> Response:
        """Change a neutral or negative review, once; scores stay."""
        rating = rated(request, order_no)
        sent = accepted(shapes.RatingChange, request.data)
        edit_review(
            rating,
            grade=Grade[sent["grade"].upper()].value,
            comment=sent["comment"],
            by=request.user,
        )
        return told(request, order_no)

    @extend_schema(request=Nothing, responses=answers({200: shapes.OwnRating}, 400, 404, 409))
    def delete(self, request: SignedIn, order_no: str) -> Response:
        """Withdraw a neutral or negative review: it stays, folded, and its grade no longer counts."""
        rating = rated(request, order_no)
        accepted(Nothing, request.data)
        withdraw_review(rating, by=request.user)
        return told(request, order_no)


class Followups(Endpoint):
    """What a buyer adds to a review."""

    @extend_schema(
        request=shapes.FollowupSent, responses=answers({201: shapes.OwnRating}, 400, 404, 409)
    )
    def post(self, request: SignedIn, order_no: str) -> Response:
        """Add words to one's review, once."""
        rating = rated(request, order_no)
        add_followup(rating, accepted(shapes.FollowupSent, request.data)["text"], by=request.user)
        return told(request, order_no, status=201)
