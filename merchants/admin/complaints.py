"""Complaints about reviews in the back office: the queue, flags, members' appeals, held reviews, what it brought."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.masks import shown
from accounts.people import signed_in
from common.admin import BaseAdmin, Chip, ReadOnlyAdmin, ReasonForm, reason_action
from common.admin.parameters import name_parameter_groups
from common.events import name_events
from merchants.actions.complaints import decide_complaint
from merchants.actions.held_reviews import show_held_review
from merchants.actions.measures import MASKING
from merchants.actions.reviewer_appeals import decide_reviewer_appeal
from merchants.actions.reviewer_flags import flag_reviewer, lift_flag, signs_of, upheld_of
from merchants.complaints import rules
from merchants.models import (
    BuyerPointsEntry,
    ComplaintFile,
    ComplaintOutcome,
    ComplaintState,
    HeldReview,
    MeasureGround,
    ReviewComplaint,
    ReviewerAppeal,
    ReviewerAppealState,
    ReviewerFlag,
    SignalKind,
)
from merchants.models.complaints import JUDGE
from merchants.queries.complaints import sign_words
from merchants.queries.flags import measured

name_parameter_groups(
    {"complaint": _("Complaints about reviews"), "reviewer_flag": _("Flags of reviewers")}
)
name_events(
    {
        "complaint.filed": _("Complaint about a review filed"),
        "complaint.decided": _("Complaint about a review decided"),
        "complaint.reapplied": _("Complaint about a review asked once more"),
        "complaint.reversed": _("Complaint about a review taken back"),
        "complaint.late": _("Complaint about a review late"),
        "complaint_file.uploaded": _("File for a complaint uploaded"),
        "complaint_file.let_go": _("Unused file of a complaint deleted"),
        "reviewer_flag.put": _("Reviewer flagged"),
        "reviewer_flag.ended": _("Flag of a reviewer ended"),
        "reviewer_appeal.filed": _("Reviewer appealed"),
        "reviewer_appeal.decided": _("Appeal of a reviewer decided"),
        "reviewer_appeal.late": _("Appeal of a reviewer late"),
        "rating.held": _("Review held to be looked at"),
        "rating.shown": _("Held review shown"),
    }
)
STATE_COLOURS: dict[str, str] = {
    ComplaintState.REVIEW: "warning",
    ComplaintState.REAPPLIED: "warning",
    ComplaintState.UPHELD: "success",
    ComplaintState.REJECTED: "danger",
    ComplaintState.FINAL: "info",
}


def _masking() -> list[tuple[str, Any]]:
    return [(ground.value, ground.label) for ground in MeasureGround if ground in MASKING]


class UpholdForm(ReasonForm):
    """What is masked, when the complaint is about insults, private data or advertising."""

    ground = forms.ChoiceField(
        label=_("Ground of masking"), choices=_masking, widget=UnfoldAdminSelectWidget(),
        help_text=_("Only for insults, private data and advertising; all others are excluded."),
    )  # fmt: skip
    words = forms.CharField(
        label=_("Words"), required=False, max_length=1000, widget=UnfoldAdminTextInputWidget(),
        help_text=_("Separated by commas; left empty, all words of the review are masked."),
    )  # fmt: skip


class AnswerForm(ReasonForm):
    """Whether an appeal is granted; the reason is the answer the member reads."""

    granted = forms.ChoiceField(
        label=_("Outcome"),
        choices=[
            ("no", pgettext_lazy("of an appeal", "not granted")),
            ("yes", pgettext_lazy("of an appeal", "granted")),
        ],
        widget=UnfoldAdminSelectWidget(),
    )


class WaitsFilter(admin.SimpleListFilter):
    """What a complaint waits for."""

    title = _("waits for")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("first", _("a decision")),
            ("final", _("the final decision")),
            ("late", _("a decision that is late")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "first":
                return queryset.filter(state=ComplaintState.REVIEW)
            case "final":
                return queryset.filter(state=ComplaintState.REAPPLIED)
            case "late":
                return queryset.filter(state__in=rules.WAITING, due_at__lte=timezone.now())
        return queryset


def _in(*states: str) -> Any:
    return lambda row: row.state in states


@admin.register(ReviewComplaint)
class ReviewComplaintAdmin(BaseAdmin):
    """Complaints of shops, newest first; nobody decides twice in one matter."""

    list_display = (
        "public_key", "shop", "type", "state_word", "outcome", "filed_at", "due_at", "is_late",
    )  # fmt: skip
    list_select_related = ("shop",)
    list_filter = (WaitsFilter, "state", "type", "outcome")
    search_fields = ("shop__shop_no", "rating__order_no")
    search_help_text = _("Shop no. or order no.")
    fields = (
        ("public_key", "state", "outcome"),
        ("shop", "author", "order_no"),
        "review_words",
        ("type", "filed_at", "filed_by"),
        "text",
        "more_text",
        "quoted",
        "files_sent",
        ("due_at", "is_late"),
        ("reapply_until", "reapplied_at", "reapplied_by"),
        "decided",
        "stands_against",
        ("upheld_at", "reversed_at"),
    )

    @display(description=_("key"))
    def public_key(self, row: ReviewComplaint) -> str:
        return row.public_key

    @display(description=_("state"))
    def state_word(self, row: ReviewComplaint) -> str:
        return Chip(row.get_state_display(), STATE_COLOURS.get(row.state, ""))

    @display(description=_("author of the review"))
    def author(self, row: ReviewComplaint) -> str:
        return row.member.shown_name

    @display(description=_("order no."))
    def order_no(self, row: ReviewComplaint) -> str:
        return row.rating.order_no

    @display(description=_("the review"))
    def review_words(self, row: ReviewComplaint) -> str:
        words = shown("text", row.rating.comment, to=None)
        return words or self.get_empty_value_display()

    @display(description=_("messages"))
    def quoted(self, row: ReviewComplaint) -> Any:
        lines = [
            (one.conversation_no, one.seq, one.author, one.body)
            for one in row.quotes.order_by("conversation_no", "seq")
        ]
        return format_html_join("", "<p>{} #{} {}: {}</p>", lines) or self.get_empty_value_display()

    @display(description=_("files"))
    def files_sent(self, row: ReviewComplaint) -> Any:
        lines = [
            (f"/api/v1/shop/complaints/{row.public_key}/files/{file.public_key}/", file.name)
            for file in row.files.order_by("uploaded_at")
        ]
        shown_lines = format_html_join("", '<p><a href="{}">{}</a></p>', lines)
        return shown_lines or self.get_empty_value_display()

    @display(description=_("decisions"))
    def decided(self, row: ReviewComplaint) -> Any:
        lines = [
            (one.get_stage_display(), one.get_outcome_display(), one.by, one.reason)
            for one in row.decisions.select_related("by").order_by("at")
        ]
        return format_html_join("", "<p>{} {} {}: {}</p>", lines) or self.get_empty_value_display()

    @display(description=_("what stands against the author"))
    def stands_against(self, row: ReviewComplaint) -> str:
        now = timezone.now()
        upheld = upheld_of(row.member, now)
        found = [str(SignalKind(one.kind).label) for one in signs_of(row.member, upheld, now)]
        complaints = gettext("%(n)s upheld complaints that count") % {"n": len(upheld)}
        return f"{complaints}; {'; '.join(found)}" if found else complaints

    @reason_action(
        _("Uphold"),
        right=JUDGE,
        form=UpholdForm,
        question=_("Is this review malicious?"),
        consequence=_(
            "It no longer counts, or its words are masked; it costs its author credit and points. "
            "The author is told and may appeal."
        ),
        dangerous=True,
        fits=_in(ComplaintState.REVIEW, ComplaintState.REAPPLIED),
        in_bulk=False,
    )
    def uphold(self, request: HttpRequest, row: ReviewComplaint, answers: dict[str, Any]) -> None:
        words = answers["words"].replace("，", ",").split(",")
        decide_complaint(
            row, outcome=ComplaintOutcome.UPHELD, reason=answers["reason"],
            ground=answers["ground"], words=[word.strip() for word in words if word.strip()],
            by=signed_in(request),
        )  # fmt: skip

    @reason_action(
        _("Reject"),
        right=JUDGE,
        question=_("Is this review not malicious?"),
        consequence=_("It stays as it is; the shop reads why, and may ask once more."),
        fits=_in(ComplaintState.REVIEW, ComplaintState.REAPPLIED),
    )
    def reject(self, request: HttpRequest, row: ReviewComplaint, answers: dict[str, Any]) -> None:
        decide_complaint(
            row, outcome=ComplaintOutcome.REJECTED, reason=answers["reason"], by=signed_in(request)
        )

    @reason_action(
        _("Flag the author"),
        right=JUDGE,
        question=_("Flag the author of this review?"),
        consequence=_(
            "Only with enough upheld complaints and two independent signs. The member is told why and "
            "until when, and may appeal; it ends by itself."
        ),
        dangerous=True,
        fits=lambda row: row.stands,
        in_bulk=False,
    )
    def flag(self, request: HttpRequest, row: ReviewComplaint, answers: dict[str, Any]) -> None:
        flag_reviewer(row.member, by=signed_in(request), reason=answers["reason"])


@admin.register(ReviewerFlag)
class ReviewerFlagAdmin(BaseAdmin):
    """Flags of reviewers, running and ended."""

    list_display = ("customer", "arm", "since", "until", "ended_at", "ended_why")
    list_select_related = ("member",)
    list_filter = ("arm", ("ended_at", admin.EmptyFieldListFilter), "ended_why")
    search_fields = ("member__member_no",)
    search_help_text = _("Member no.")
    fields = (
        ("customer", "arm"),
        ("since", "until", "by"),
        "reason",
        "signs",
        ("ended_at", "ended_why", "ended_by"),
        "ended_reason",
        "what_it_brought",
    )

    @display(description=_("member"))
    def customer(self, row: ReviewerFlag) -> str:
        return row.member.shown_name

    @display(description=_("signs"))
    def signs(self, row: ReviewerFlag) -> Any:
        lines = [(sign_words(one),) for one in row.signals.order_by("kind")]
        return format_html_join("", "<p>{}</p>", lines) or self.get_empty_value_display()

    @display(description=_("what flags brought so far"))
    def what_it_brought(self, row: ReviewerFlag) -> Any:
        lines = [(one["label"], said(one)) for one in measured(timezone.now())["outcomes"]]
        return format_html_join("", "<p>{}: {}</p>", lines)

    @reason_action(
        _("Lift the flag"),
        right=JUDGE,
        question=_("End this flag before its time?"),
        consequence=_("Everything it does ends at once, and the member is told."),
        fits=lambda row: row.ended_at is None,
    )
    def unflag(self, request: HttpRequest, row: ReviewerFlag, answers: dict[str, Any]) -> None:
        lift_flag(row, by=signed_in(request), reason=answers["reason"])


def said(outcome: dict[str, Any]) -> str:
    """Say one figure of the measurement in words: both sides, the difference, and whether it says anything."""
    sides = gettext("%(treated)s shown less, %(holdout)s left alone, per 10,000 exposures") % {
        name: _figure(outcome[name]["per_10k"]) for name in ("treated", "holdout")
    }
    found = outcome["difference"]
    if found["too_small"]:
        return f"{sides}; {gettext('sample too small')}"
    interval = gettext("difference %(it)s, 95 %% interval %(low)s to %(high)s") % {
        "it": _figure(found["per_10k"]), "low": _figure(found["low"]), "high": _figure(found["high"]),
    }  # fmt: skip
    return f"{sides}; {interval}"


def _figure(number: float | None) -> str:
    return "—" if number is None else f"{number:.1f}"


@admin.register(ReviewerAppeal)
class ReviewerAppealAdmin(BaseAdmin):
    """Appeals of members; nobody answers one in whose matter they decided."""

    list_display = ("customer", "against", "state_word", "filed_at", "due_at", "is_late")
    list_select_related = ("member", "complaint", "flag")
    list_filter = ("state", "is_late")
    search_fields = ("member__member_no",)
    search_help_text = _("Member no.")
    fields = (
        ("customer", "against", "state"),
        "text",
        ("filed_at", "due_at", "is_late"),
        ("decided_at", "decided_by"),
        "answer",
    )

    @display(description=_("member"))
    def customer(self, row: ReviewerAppeal) -> str:
        return row.member.shown_name

    @display(description=_("against"))
    def against(self, row: ReviewerAppeal) -> str:
        return str(row.flag or row.complaint)

    @display(description=_("state"))
    def state_word(self, row: ReviewerAppeal) -> str:
        colour = "warning" if row.state == ReviewerAppealState.FILED else "success"
        return Chip(row.get_state_display(), colour)

    @reason_action(
        pgettext_lazy("of an appeal", "Answer"),
        right=JUDGE,
        form=AnswerForm,
        question=_("Is the member right?"),
        consequence=_("Granted, everything is given back exactly. The member reads your words."),
        dangerous=True,
        fits=lambda row: row.state == ReviewerAppealState.FILED,
        in_bulk=False,
    )
    def answer_it(self, request: HttpRequest, row: ReviewerAppeal, answers: dict[str, Any]) -> None:
        decide_reviewer_appeal(
            row, granted=answers["granted"] == "yes", answer=answers["reason"],
            by=signed_in(request),
        )  # fmt: skip


@admin.register(HeldReview)
class HeldReviewAdmin(BaseAdmin):
    """Reviews of flagged members that are looked at first."""

    list_display = ("rating", "held_at", "until", "released_at", "released_by")
    list_select_related = ("rating", "released_by")
    list_filter = (("released_at", admin.EmptyFieldListFilter),)
    search_fields = ("rating__order_no",)
    search_help_text = _("Order no.")
    fields = ("rating", "words", ("held_at", "until"), ("released_at", "released_by"), "reason")

    @display(description=_("words"))
    def words(self, row: HeldReview) -> str:
        followup = getattr(row.rating, "followup", None)
        texts = [row.rating.comment, followup.text if followup else ""]
        told = " / ".join(shown("text", text, to=None) for text in texts if text)
        return told or self.get_empty_value_display()

    @reason_action(
        _("Show it"),
        right=JUDGE,
        question=_("Show this review to everybody?"),
        consequence=_("Others read it at once. What is not fit to be read is masked before."),
        fits=lambda row: row.released_at is None,
    )
    def show(self, request: HttpRequest, row: HeldReview, answers: dict[str, Any]) -> None:
        show_held_review(row, by=signed_in(request), reason=answers["reason"])


@admin.register(BuyerPointsEntry)
class BuyerPointsEntryAdmin(ReadOnlyAdmin):
    """Every movement of buyers' penalty points."""

    about_member = "member"
    list_display = ("member", "points", "cause", "complaint", "at")
    list_select_related = ("member", "complaint")
    list_filter = ("cause",)
    search_fields = ("member__member_no",)
    search_help_text = _("Member no.")


@admin.register(ComplaintFile)
class ComplaintFileAdmin(ReadOnlyAdmin):
    """Files of complaints."""

    list_display = ("name", "complaint", "uploaded_by", "uploaded_at", "size")
    list_select_related = ("complaint", "uploaded_by")
    list_filter = ("kind",)
    search_fields = ("rating__order_no",)
    search_help_text = _("Order no.")
    hidden_fields = ("file", "sha256")
