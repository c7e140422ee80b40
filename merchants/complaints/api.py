"""Complaints at the API: filed and asked again by the shop, appealed by the member, decided by the house."""

import uuid

from django.http import FileResponse, Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import SignedIn
from accounts.models import Member
from common.rest import Endpoint, PageQuery, accepted, answers
from merchants.actions.complaints import (
    decide_complaint,
    file_complaint,
    reapply,
    upload_complaint_file,
)
from merchants.actions.exposures import RIGHT, weigh_shops
from merchants.actions.reviewer_appeals import appeal_as_reviewer, decide_reviewer_appeal
from merchants.complaints import shapes
from merchants.models import Rating, ReviewComplaint, ReviewerAppeal, ReviewerFlag, shops_of
from merchants.models.complaints import JUDGE, READ
from merchants.penalties.api import AnyAnswer, FileForm, UploadEndpoint, file_answer
from merchants.queries.complaints import (
    complaint_card,
    complaint_page,
    file_for,
    my_matters,
    shop_complaint,
    uploaded_card,
)
from merchants.queries.flags import measured


def own_review(request: SignedIn, shop_no: str, key: uuid.UUID) -> Rating:
    """Return a review of a shop that whoever asks works for, or answer as if there were none."""
    shops = shops_of(request.user).filter(shop_no=shop_no[:32])
    found = Rating.objects.filter(pk=key, shop__in=shops.values("pk")).first()
    if found is None:
        raise Http404
    return found


def own_complaint(request: SignedIn, key: uuid.UUID) -> ReviewComplaint:
    """Return a complaint of the shops of whoever asks, or answer as if there were none."""
    found = shop_complaint(request.user, key)
    if found is None:
        raise Http404
    return found


class ShopComplaints(Endpoint):
    """Complaints of the shops one works for."""

    shape = shapes.ComplaintLine

    @extend_schema(parameters=[PageQuery], responses=answers({200: shapes.ComplaintPage}, 400, 409))
    def get(self, request: SignedIn) -> Response:
        """List one's shops' complaints about reviews, newest first."""
        return self.page(*complaint_page(request.user, **self.query(PageQuery)))


class OneShopComplaint(Endpoint):
    """One complaint."""

    shape = shapes.Complaint

    @extend_schema(responses=answers({200: shapes.Complaint}, 404))
    def get(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Show a complaint: words, quotes, files, decisions, clocks."""
        return Response(complaint_card(own_complaint(request, key), timezone.now()))


class ReviewComplaints(Endpoint):
    """The complaint about one review."""

    @extend_schema(
        request=shapes.ComplaintSent,
        responses=answers({201: shapes.Complaint}, 400, 404, 409, 422),
    )
    def post(self, request: SignedIn, shop_no: str, key: uuid.UUID) -> Response:
        """Complain that a review is malicious, once, with messages or files to show it."""
        rating = own_review(request, shop_no, key)
        sent = accepted(shapes.ComplaintSent, request.data)
        quotes: dict[str, list[int]] = {}
        for one in sent.pop("quotes"):
            quotes.setdefault(one["conversation"], []).extend(one["seqs"])
        complaint = file_complaint(rating, **sent, quotes=quotes, by=request.user)
        return Response(complaint_card(complaint, timezone.now()), status=201)


class ReviewComplaintFiles(UploadEndpoint):
    """Files for a complaint about one review."""

    @extend_schema(
        request={"multipart/form-data": FileForm},
        responses=answers({201: shapes.SentComplaintFile}, 400, 404, 409, 413, 415, 422),
    )
    def post(self, request: SignedIn, shop_no: str, key: uuid.UUID) -> Response:
        """Upload a file; then name it in a complaint, within a day."""
        rating = own_review(request, shop_no, key)
        sent = accepted(FileForm, request.data)["file"]
        file = upload_complaint_file(
            rating, source=sent.file, name=sent.name or "", by=request.user
        )
        return Response(uploaded_card(file), status=201)


class OneComplaintFile(Endpoint):
    """One file's bytes."""

    content_negotiation_class = AnyAnswer

    @extend_schema(
        responses=answers({(200, "application/octet-stream", "*/*"): OpenApiTypes.BINARY}, 404)
    )
    def get(self, request: SignedIn, key: uuid.UUID, file_key: uuid.UUID) -> FileResponse:
        """Open a file of a complaint one may see."""
        file = file_for(request.user, key, file_key)
        if file is None:
            raise Http404
        return file_answer(file)


class Reapplications(Endpoint):
    """That a shop asks once more."""

    @extend_schema(
        request=shapes.ReapplicationSent,
        responses=answers({200: shapes.Complaint}, 400, 404, 409, 422),
    )
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Ask once more after a complaint was rejected; somebody else decides, for good."""
        complaint = own_complaint(request, key)
        sent = accepted(shapes.ReapplicationSent, request.data)
        done = reapply(complaint, **sent, by=request.user)
        return Response(complaint_card(done, timezone.now()))


class ComplaintDecisions(Endpoint):
    """The decision about a complaint."""

    @extend_schema(
        request=shapes.DecisionSent,
        responses=answers({201: shapes.Complaint}, 400, 404, 409, 422),
    )
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Decide a complaint: the first time, or finally; whoever has judged it before is refused."""
        if not (request.user.can(JUDGE) or request.user.can(READ)):
            raise Http404
        rows = ReviewComplaint.objects.for_work_of(request.user).select_related("shop")
        complaint = rows.filter(pk=key).first()
        if complaint is None:
            raise Http404
        sent = accepted(shapes.DecisionSent, request.data)
        done = decide_complaint(complaint, **sent, by=request.user)
        return Response(complaint_card(done, timezone.now()), status=201)


class MyReviewMatters(Endpoint):
    """What stands against one's own reviews."""

    shape = shapes.MyReviewMatters

    @extend_schema(responses=answers({200: shapes.MyReviewMatters}, 404))
    def get(self, request: SignedIn) -> Response:
        """Show upheld complaints about one's reviews, one's flags with their signs, and appeals."""
        if not request.user.can("me.use"):
            raise Http404
        return Response(my_matters(request.user, timezone.now()))


class ComplaintAppeals(Endpoint):
    """A member's appeal against an upheld complaint."""

    @extend_schema(
        request=shapes.AppealSent,
        responses=answers({201: shapes.MyReviewMatters}, 400, 404, 409, 422),
    )
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Appeal against an upheld complaint about one's review, once; somebody else decides."""
        rows = ReviewComplaint.objects.about_me(request.user).select_related("member")
        return _appealed(request, rows.filter(pk=key).first())


class FlagAppeals(Endpoint):
    """A member's appeal against their flag."""

    @extend_schema(
        request=shapes.AppealSent,
        responses=answers({201: shapes.MyReviewMatters}, 400, 404, 409, 422),
    )
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Appeal against one's flag, once; somebody else decides."""
        rows = ReviewerFlag.objects.filter(member__user=request.user).select_related("member")
        return _appealed(request, rows.filter(pk=key).first())


class AppealAnswers(Endpoint):
    """The answer to a member's appeal."""

    @extend_schema(
        request=shapes.AppealAnswerSent,
        responses=answers({201: shapes.AnsweredAppeal}, 400, 404, 409, 422),
    )
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Answer a member's appeal; granted, everything is given back."""
        if not request.user.can(JUDGE):
            raise Http404
        rows = ReviewerAppeal.objects.visible_to(request.user).select_related("flag", "complaint")
        appeal = rows.filter(pk=key).first()
        if appeal is None:
            raise Http404
        sent = accepted(shapes.AppealAnswerSent, request.data)
        done = decide_reviewer_appeal(appeal, **sent, by=request.user)
        facts = ("state", "answer", "decided_at")
        shown = {name: getattr(done, name) for name in facts}
        return Response({"id": done.public_key} | shown, status=201)


class ExposureWeights(Endpoint):
    """Weights for the search."""

    resource = "exposures"

    @extend_schema(
        request=shapes.WeightsAsked,
        responses=answers({200: shapes.ShopWeights}, 400, 404, 409, 422),
    )
    def post(self, request: SignedIn) -> Response:
        """Say with which weight shops are shown to a member, and count the exposures measured later."""
        if not request.user.can(RIGHT):
            raise Http404
        sent = accepted(shapes.WeightsAsked, request.data)
        member = Member.objects.filter(member_no=sent["member_no"]).first()
        if member is None:
            raise Http404
        found = weigh_shops(member, sent["shop_nos"], by=request.user)
        asked = dict.fromkeys(sent["shop_nos"])
        weights = [{"shop_no": no, "weight": found[no]} for no in asked if no in found]
        return Response({"weights": weights})


class FlagMeasurements(Endpoint):
    """What flags brought."""

    shape = shapes.FlagMeasurement

    @extend_schema(responses=answers({200: shapes.FlagMeasurement}, 404))
    def get(self, request: SignedIn) -> Response:
        """Compare flagged members who are shown weak shops less with those left alone."""
        if not (request.user.can(JUDGE) or request.user.can(READ)):
            raise Http404
        return Response(measured(timezone.now()))


def _appealed(request: SignedIn, against: ReviewComplaint | ReviewerFlag | None) -> Response:
    if against is None:
        raise Http404
    sent = accepted(shapes.AppealSent, request.data)
    appeal_as_reviewer(against, **sent, by=request.user)
    return Response(my_matters(request.user, timezone.now()), status=201)
