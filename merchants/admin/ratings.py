"""Ratings: looked at, excluded and restored, masked and shown again; never edited, never deleted."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.masks import shown
from accounts.models import Member
from accounts.people import signed_in
from common.admin import BaseAdmin, Chip, MomentFilter, ReadOnlyAdmin, ReasonForm, reason_action
from common.admin.parameters import name_parameter_groups
from common.events import name_events
from common.search import found_keys
from merchants.actions import exclude_rating, mask_review, restore_rating, unmask_review
from merchants.actions.measures import EXCLUDING, MASKING, RIGHT
from merchants.models import (
    FollowupReview,
    Grade,
    MeasureGround,
    Rating,
    RatingMeasure,
    RatingMeasureKind,
    ReviewReply,
)
from merchants.models.ratings import SCORES
from merchants.queries.reviews import without_masked

name_parameter_groups(
    {
        "dsr": _("Scores of shops"),
        "review": _("Reviews"),
        "credit": _("Credit of shops"),
        "traffic": _("Weight in search"),
    }
)
name_events(
    {
        "rating.given": _("Rated"),
        "rating.followed_up": _("Review followed up"),
        "rating.edited": _("Review changed by its author"),
        "rating.withdrawn": _("Review withdrawn by its author"),
        "rating.replied_to": _("Shop replied to review"),
        "rating.excluded": _("Rating excluded"),
        "rating.restored": _("Rating counted again"),
        "rating.masked": _("Words of a review masked"),
        "rating.unmasked": _("Words of a review shown again"),
    }
)
GRADE_COLOURS: dict[int, str] = {
    Grade.POSITIVE: "success",
    Grade.NEUTRAL: "warning",
    Grade.NEGATIVE: "danger",
}


def _choices(grounds: frozenset[MeasureGround]) -> list[tuple[str, Any]]:
    return [(ground.value, ground.label) for ground in MeasureGround if ground in grounds]


class ExcludeForm(ReasonForm):
    """Why a rating does not count."""

    ground = forms.ChoiceField(
        label=_("Ground"), choices=_choices(EXCLUDING), widget=UnfoldAdminSelectWidget()
    )


class MaskForm(ReasonForm):
    """Why words are masked, and which."""

    ground = forms.ChoiceField(
        label=_("Ground"), choices=_choices(MASKING), widget=UnfoldAdminSelectWidget()
    )
    words = forms.CharField(
        label=_("Words"),
        required=False,
        max_length=1000,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Separated by commas; left empty, all words of the review are masked."),
    )


class CountsFilter(admin.SimpleListFilter):
    """Ratings by whether they count."""

    title = _("counts")
    parameter_name = "counts"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("excluded", _("excluded")),
            ("surplus", _("beyond the month's number")),
            ("withdrawn", _("withdrawn")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "excluded":
                return queryset.filter(is_excluded=True)
            case "surplus":
                # Only who has several in a month can have too many: their index finds them.
                return queryset.filter(nth__gt=1, is_surplus=True)
            case "withdrawn":
                return queryset.exclude(withdrawn_at=None)
        return queryset


@admin.register(Rating)
class RatingAdmin(BaseAdmin):
    """What buyers said of orders."""

    list_display = ("order_no", "grade_word", "scores", "counts", "shop", "customer", "rated_at")
    list_select_related = ("shop", "member")
    list_filter = (MomentFilter, "grade", CountsFilter, ("shop", AutocompleteSelectFilter))
    list_filter_submit = True
    search_fields = ("order_no",)
    search_help_text = _("Order no., member no. or shop")
    fields = (
        ("order_no", "grade_word"),
        ("customer", "shop"),
        ("scores", "counts"),
        "words",
        "more_words",
        ("succeeded_at", "rated_at"),
        ("edits", "withdrawn_at"),
        ("credit", "is_default"),
        "measures_taken",
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        term = search_term.strip()
        if not term:
            return queryset, False
        members = list(Member.objects.filter(member_no=term).values_list("pk", flat=True)[:1])
        shops = found_keys("shop", signed_in(request), term, limit=50)
        found = Q(order_no=term) | Q(member__in=members) | Q(shop__in=shops)
        return queryset.filter(found), False

    @display(description=_("grade"))
    def grade_word(self, rating: Rating) -> str:
        if rating.grade is None:
            return self.get_empty_value_display()
        return Chip(rating.get_grade_display(), GRADE_COLOURS[rating.grade])

    @display(description=_("scores"))
    def scores(self, rating: Rating) -> str:
        given = [getattr(rating, name) for name in SCORES]
        return " ".join("—" if score is None else str(score) for score in given)

    @display(description=_("counts"))
    def counts(self, rating: Rating) -> str:
        if rating.is_excluded:
            return Chip(_("excluded"), "danger")
        if rating.withdrawn_at is not None:
            return Chip(_("withdrawn"), "warning")
        if rating.is_surplus:
            return Chip(_("beyond the month's number"), "info")
        if rating.is_default:
            return Chip(_("given by the system"))
        return Chip(pgettext_lazy("of a rating", "counts"), "success")

    @display(description=_("member"))
    def customer(self, rating: Rating) -> str:
        return rating.member.shown_name

    @display(description=_("words"))
    def words(self, rating: Rating) -> str:
        return self._readable(rating, rating.comment) or self.get_empty_value_display()

    @display(description=_("follow-up and replies"))
    def more_words(self, rating: Rating) -> Any:
        lines = [
            (gettext("Follow-up"), self._readable(rating, row.text))
            for row in FollowupReview.objects.filter(rating=rating)
        ]
        lines += [
            (row.get_to_display(), shown("text", row.text, to=None))
            for row in ReviewReply.objects.filter(rating=rating).order_by("at")
        ]
        if not lines:
            return self.get_empty_value_display()
        return format_html_join("", "<p><b>{}</b> {}</p>", lines)

    @display(description=_("measures"))
    def measures_taken(self, rating: Rating) -> Any:
        rows = RatingMeasure.objects.filter(rating=rating).order_by("-since")
        lines = [
            (
                row.get_kind_display(),
                row.get_ground_display(),
                gettext("lifted") if row.ended_at else gettext("running"),
            )
            for row in rows
        ]
        if not lines:
            return self.get_empty_value_display()
        return format_html_join("", "<p>{}: {}, {}</p>", lines)

    @staticmethod
    def _readable(rating: Rating, text: str) -> str:
        masked = (
            RatingMeasure.objects.filter(
                rating=rating, kind=RatingMeasureKind.MASKED, ended_at=None
            ).first()
            if rating.is_masked
            else None
        )
        return shown("text", without_masked(text, masked), to=None)

    @reason_action(
        _("Exclude"),
        right=RIGHT,
        form=ExcludeForm,
        question=_("No longer count these ratings?"),
        consequence=_(
            "Neither scores nor grade count from tonight's count on. The review stays, folded behind "
            "the reason; it can be counted again, exactly as before."
        ),
        dangerous=True,
        fits=lambda rating: not rating.is_excluded,
    )
    def stop_counting(self, request: HttpRequest, rating: Rating, answers: dict[str, Any]) -> None:
        exclude_rating(
            rating, ground=answers["ground"], reason=answers["reason"], by=signed_in(request)
        )

    @reason_action(
        _("Count again"),
        right=RIGHT,
        question=_("Count these ratings again?"),
        consequence=_("From tonight's count on they count exactly as before."),
        fits=lambda rating: rating.is_excluded,
    )
    def count_again(self, request: HttpRequest, rating: Rating, answers: dict[str, Any]) -> None:
        restore_rating(rating, reason=answers["reason"], by=signed_in(request))

    @reason_action(
        _("Mask words"),
        right=RIGHT,
        form=MaskForm,
        question=_("Mask words of these reviews?"),
        consequence=_("Nobody but the author reads them any more; scores and grade stay."),
        dangerous=True,
        fits=lambda rating: not rating.is_masked,
    )
    def mask(self, request: HttpRequest, rating: Rating, answers: dict[str, Any]) -> None:
        words = answers["words"].replace("，", ",").split(",")
        mask_review(
            rating,
            ground=answers["ground"],
            words=[word.strip() for word in words if word.strip()],
            reason=answers["reason"],
            by=signed_in(request),
        )

    @reason_action(
        _("Show words again"),
        right=RIGHT,
        question=_("Show the masked words again?"),
        consequence=_("Everybody reads the review as it was written."),
        fits=lambda rating: rating.is_masked,
    )
    def unmask(self, request: HttpRequest, rating: Rating, answers: dict[str, Any]) -> None:
        unmask_review(rating, reason=answers["reason"], by=signed_in(request))


@admin.register(RatingMeasure)
class RatingMeasureAdmin(ReadOnlyAdmin):
    """Every measure on a review, running and lifted."""

    about_member = "rating__member"
    list_display = ("rating", "kind", "ground", "since", "by", "ended_at")
    list_select_related = ("rating", "by", "ended_by")
    list_filter = ("kind", "ground", ("ended_at", admin.EmptyFieldListFilter))
    search_fields = ("rating__order_no",)
    search_help_text = _("Order no.")
    hidden_fields = ("words",)
