"""Pages of reviews: the shop's own with reply and complaint, the member's own matters, the public policy."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Member
from accounts.people import signed_in
from accounts.views.privacy import for_members
from common.errors import DomainError
from common.parameters import value
from merchants.actions import reply_to_review
from merchants.actions.complaint_files import let_go_complaint_file
from merchants.actions.complaints import file_complaint, reapply, upload_complaint_file
from merchants.actions.reviewer_appeals import appeal_as_reviewer
from merchants.complaints.forms import AppealForm, ComplaintForm, MoreForm, ReplyForm
from merchants.frame import for_shops, frame
from merchants.models import (
    ComplaintFile,
    Rating,
    Replied,
    ReviewComplaint,
    ReviewerFlag,
    Shop,
    StaffRight,
    shops_of,
)
from merchants.queries.complaints import (
    complaint_card,
    complaint_page,
    my_matters,
    shop_complaint,
    shop_review,
    shop_review_page,
)

SHOWN = 20
REPLY_IDS, COMPLAINT_IDS = "reply-%s", "complaint-%s"
STATE_TAGS = {
    "review": "warn", "reapplied": "warn", "upheld": "ok", "rejected": "danger",
}  # fmt: skip
GRADE_TAGS = {"positive": "ok", "neutral": "warn", "negative": "danger"}


# --- The shop ---------------------------------------------------------------------------------------


@require_safe
@for_shops
def reviews(request: HttpRequest) -> HttpResponse:
    """Show a shop's reviews, newest first, each with its effect, its complaint, its replies."""
    shops = list(shops_of(signed_in(request)).order_by("shop_no"))
    shop = _chosen(shops, request.GET.get("shop", ""))
    lines: list[dict[str, Any]] = []
    more = ""
    if shop is not None:
        try:
            lines, more = shop_review_page(
                signed_in(request), shop, timezone.now(),
                cursor=request.GET.get("cursor", ""), limit=SHOWN,
            )  # fmt: skip
        except DomainError:
            raise Http404 from None
    for line in lines:
        _dress(line)
    context = frame("reviews") | {"lines": lines, "more": more, "shops": shops, "shop": shop}
    return render(request, "merchants/complaints/reviews.html", context)


@require_safe
@for_shops
def review(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Show one review with what can be done about it."""
    return _review_page(request, _review(request, key))


@require_POST
@for_shops
def reply(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Reply to a review, or to its follow-up."""
    rating, form = _review(request, key), ReplyForm(request.POST, auto_id=REPLY_IDS)
    if not form.is_valid():
        return _review_page(request, rating, reply=form, status=422)
    try:
        reply_to_review(rating, form.cleaned_data["text"], by=signed_in(request))
    except DomainError as refused:
        return _review_page(request, rating, reply=form, refused=refused.message, status=422)
    messages.success(request, _("Your reply stands under the review."))
    return redirect("shop-review", key)


@require_POST
@for_shops
def complain(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Complain about a review."""
    rating, form = (
        _review(request, key),
        ComplaintForm(request.POST, request.FILES, auto_id=COMPLAINT_IDS),
    )
    if not form.is_valid():
        return _review_page(request, rating, complaint=form, status=422)
    said = {name: form.cleaned_data[name] for name in ("type", "text")}
    refused, filed = _with_files(
        request, rating, form,
        lambda **files: file_complaint(rating, **said, quotes=form.quotes(), **files),
    )  # fmt: skip
    if filed is None:
        return _review_page(request, rating, complaint=form, refused=refused, status=422)
    messages.success(request, _("Your complaint is with us. We decide in time, and say why."))
    return redirect("shop-complaint", filed.pk)


@require_safe
@for_shops
def complaints(request: HttpRequest) -> HttpResponse:
    """Show the complaints of one's shops, newest first."""
    try:
        lines, more = complaint_page(
            signed_in(request), cursor=request.GET.get("cursor", ""), limit=SHOWN
        )
    except DomainError:
        raise Http404 from None
    now = timezone.now()
    for line in lines:
        line["tag"] = _tag_of(line)
        line["is_open"] = line["due_at"] is not None and line["due_at"] > now
        line["key"] = uuid.UUID(hex=line["id"].removeprefix("rcp_"))
    context = frame("complaints") | {"lines": lines, "more": more}
    return render(request, "merchants/complaints/complaints.html", context)


@require_safe
@for_shops
def complaint(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Show one complaint: what was said, how it was decided and why, what can be done."""
    return _complaint_page(request, _complaint(request, key))


@require_POST
@for_shops
def more(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Ask once more after a complaint was rejected."""
    row, form = _complaint(request, key), MoreForm(request.POST, request.FILES)
    if not form.is_valid():
        return _complaint_page(request, row, form=form, status=422)
    refused, asked = _with_files(
        request, row.rating, form,
        lambda **files: reapply(row, text=form.cleaned_data["text"], **files),
    )  # fmt: skip
    if asked is None:
        return _complaint_page(request, row, form=form, refused=refused, status=422)
    messages.success(request, _("You have asked once more. Somebody else decides now."))
    return redirect("shop-complaint", key)


def _chosen(shops: list[Shop], shop_no: str) -> Shop | None:
    """Return the shop that is asked for, or the first; nobody else's."""
    if not shop_no:
        return shops[0] if shops else None
    found = next((shop for shop in shops if shop.shop_no == shop_no), None)
    if found is None:
        raise Http404
    return found


def _review(request: HttpRequest, key: uuid.UUID) -> Rating:
    rows = Rating.objects.filter(shop__in=shops_of(signed_in(request)).values("pk"), pk=key)
    found = rows.select_related("member", "shop").first()
    if found is None:
        raise Http404
    return found


def _complaint(request: HttpRequest, key: uuid.UUID) -> ReviewComplaint:
    found = shop_complaint(signed_in(request), key)
    if found is None:
        raise Http404
    return found


def _tag_of(line: dict[str, Any]) -> str:
    if line["reversed_at"]:
        return ""
    state = line["outcome"] if line["state"] == "final" else line["state"]
    return STATE_TAGS.get(state, "")


def _dress(line: dict[str, Any]) -> dict[str, Any]:
    """Add what only a page needs."""
    line["uuid"] = uuid.UUID(hex=line["key"].removeprefix("rtg_"))
    line["tag"] = GRADE_TAGS.get(line["grade"] or "", "")
    if line["complaint"]:
        line["complaint"]["tag"] = _tag_of(line["complaint"])
        line["complaint"]["key"] = uuid.UUID(hex=line["complaint"]["id"].removeprefix("rcp_"))
    return line


def _with_files(
    request: HttpRequest, rating: Rating, form: Form, do: Callable[..., ReviewComplaint]
) -> tuple[str, ReviewComplaint | None]:
    """Take words and files in one step: nothing of them stays when one is refused."""
    stored: list[ComplaintFile] = []
    by = signed_in(request)
    try:
        for one in form.cleaned_data["attachments"]:
            stored.append(
                upload_complaint_file(rating, source=one.file, name=one.name or "", by=by)
            )
        return "", do(files=[file.public_key for file in stored], by=by)
    except DomainError as refused:
        for file in stored:
            let_go_complaint_file(file, now=timezone.now())
        return refused.message, None


def _review_page(
    request: HttpRequest, rating: Rating, *, status: int = 200, **given: Any
) -> HttpResponse:
    card = _dress(shop_review(signed_in(request), rating, timezone.now()))
    answers = shops_of(signed_in(request), StaffRight.ANSWER).filter(pk=rating.shop_id).exists()
    replied = {one["to"] for one in card["replies"]}
    waits = Replied.REVIEW not in replied or (
        card["followup"] is not None and Replied.FOLLOWUP not in replied
    )
    context = {
        "card": card,
        "shop": rating.shop,
        "may_reply": answers and waits and not card["is_withdrawn"] and not card["is_default"],
        "may_complain": answers and card["complain_until"] is not None,
        "reply": ReplyForm(auto_id=REPLY_IDS),
        "complaint": ComplaintForm(auto_id=COMPLAINT_IDS),
        "refused": "",
    }
    return render(
        request, "merchants/complaints/review.html", frame("") | context | given, status=status
    )


def _complaint_page(
    request: HttpRequest,
    row: ReviewComplaint,
    *,
    form: MoreForm | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    card = complaint_card(row, timezone.now())
    answers = shops_of(signed_in(request), StaffRight.ANSWER).filter(pk=row.shop_id).exists()
    context = {
        "card": card,
        "tag": _tag_of(card),
        "key": row.pk,
        "review": row.rating_id,
        "may_ask": answers and card["reapply_until"] is not None,
        "began": row.reapplied_at or row.filed_at,
        "form": form or MoreForm(),
        "refused": refused,
    }
    page = "merchants/complaints/complaint.html"
    return render(request, page, frame("") | context, status=status)


# --- The member -------------------------------------------------------------------------------------


@require_safe
@for_members
def mine(request: HttpRequest, member: Member) -> HttpResponse:
    """Show a member what stands against their reviews: why, until when, and how to appeal."""
    return _mine(request)


@require_POST
@for_members
def my_complaint_appeal(request: HttpRequest, member: Member, key: uuid.UUID) -> HttpResponse:
    """Appeal against an upheld complaint."""
    rows = ReviewComplaint.objects.about_me(signed_in(request)).select_related("member")
    return _appeal(request, rows.filter(pk=key).first())


@require_POST
@for_members
def my_flag_appeal(request: HttpRequest, member: Member, key: uuid.UUID) -> HttpResponse:
    """Appeal against one's flag."""
    rows = ReviewerFlag.objects.filter(member=member).select_related("member")
    return _appeal(request, rows.filter(pk=key).first())


def _appeal(request: HttpRequest, against: ReviewComplaint | ReviewerFlag | None) -> HttpResponse:
    if against is None:
        raise Http404
    form = AppealForm(request.POST, auto_id=f"{against.public_key}-%s")
    if not form.is_valid():
        return _mine(request, form=form, about=against.public_key, status=422)
    try:
        appeal_as_reviewer(against, text=form.cleaned_data["text"], by=signed_in(request))
    except DomainError as refused:
        return _mine(
            request, form=form, about=against.public_key, refused=refused.message, status=422
        )
    messages.success(request, _("Your appeal is with us. Somebody else decides it."))
    return redirect("my-review-matters")


def _mine(
    request: HttpRequest,
    *,
    form: AppealForm | None = None,
    about: str = "",
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    matters = my_matters(signed_in(request), timezone.now())
    for one in (*matters["complaints"], *matters["flags"]):
        one["key"] = uuid.UUID(hex=one["id"].partition("_")[2])
        is_asked = form is not None and one["id"] == about
        one["form"] = form if is_asked else AppealForm(auto_id=f"{one['id']}-%s")
    context = matters | {
        "refused": refused,
        "hold_hours": round(value("reviewer_flag.hold_for").total_seconds() / 3600),
        "running": next((one for one in matters["flags"] if one["is_running"]), None),
    }
    return render(request, "merchants/complaints/mine.html", context, status=status)


# --- Everybody --------------------------------------------------------------------------------------


@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    """Show everybody what a malicious review is here, what follows, and what never does."""
    names = (
        "complaint.window_days", "complaint.review_workdays", "complaint.reapply_workdays",
        "complaint.final_workdays", "complaint.buyer_points", "reviewer_flag.complaints",
        "reviewer_flag.days", "reviewer_flag.appeal_days",
        "reviewer_flag.pattern_least", "reviewer_flag.new_days", "reviewer_flag.few_ratings",
    )  # fmt: skip
    context: dict[str, Any] = {name.partition(".")[2]: value(name) for name in names}
    context |= {
        "flag_window_days": value("reviewer_flag.window_days"),
        "credit": -value("score.points.malicious_review"),
        "hold_hours": round(value("reviewer_flag.hold_for").total_seconds() / 3600),
        "weight_percent": round(value("reviewer_flag.weight") * 100),
        "holdout_percent": round(value("reviewer_flag.holdout_share") * 100),
        "pattern_percent": round(value("reviewer_flag.pattern_share") * 100),
    }
    return render(request, "merchants/complaints/policy.html", context)
