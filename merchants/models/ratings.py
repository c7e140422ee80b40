"""What buyers say of an order: three scores, a grade, words; nothing of it is ever deleted."""

from datetime import datetime
from uuid import UUID

import pgtrigger
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Member, User
from common.ids import uuid7_of
from merchants.models.shops import Shop

LONGEST_COMMENT = 2000
"""What the column takes; the parameter ``review.comment_length`` says how much may be written."""
LONGEST_FOLLOWUP = 500
LONGEST_REPLY = 500
SCORES = ("desc_match", "service_attitude", "logistics_service")
"""The three dimensions, each 1–5 or empty."""


class Grade(models.IntegerChoices):
    """Good, middling, bad (好评 中评 差评); the number is what it does to a shop's credit."""

    POSITIVE = 1, _("positive")
    NEUTRAL = 0, _("neutral")
    NEGATIVE = -1, _("negative")


class ShanghaiDay(Func):
    """The day of a moment in Shanghai, as the database keeps it beside the moment."""

    template = "((%(expressions)s) AT TIME ZONE 'Asia/Shanghai')::date"
    output_field = models.DateField()


class ShanghaiMonth(Func):
    """The first day of the month of a moment in Shanghai."""

    template = "date_trunc('month', (%(expressions)s) AT TIME ZONE 'Asia/Shanghai')::date"
    output_field = models.DateField()


def never_deleted() -> list[pgtrigger.Trigger]:
    """Return the triggers that keep rows for good (E-Commerce Law 39: reviews are not deleted)."""
    return [
        pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        pgtrigger.Trigger(
            name="no_truncate",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func="RAISE EXCEPTION '% cannot be emptied', TG_TABLE_NAME;",
        ),
    ]


def _score_in_range(name: str) -> Q:
    return Q(**{name: None}) | Q(**{f"{name}__range": (1, 5)})


# What a rating adds to its shop's figures, in SQL, for a row called ``{r}``. The three dimensions count
# unless it is excluded or beyond its month's number; the grade unless it is excluded or withdrawn.
_COUNTS = "NOT {r}.is_excluded AND NOT {r}.is_surplus"
_GRADED = "NOT {r}.is_excluded AND {r}.withdrawn_at IS NULL"
PARTS: dict[str, str] = {
    part: sql
    for short, name in zip(("desc", "service", "logistics"), SCORES, strict=True)
    for part, sql in (
        (f"{short}_sum", f"CASE WHEN {_COUNTS} THEN coalesce({{r}}.{name}, 0) ELSE 0 END"),
        (f"{short}_count", f"CASE WHEN {_COUNTS} AND {{r}}.{name} IS NOT NULL THEN 1 ELSE 0 END"),
    )
} | {
    "positive": f"CASE WHEN {_GRADED} AND {{r}}.grade = 1 THEN 1 ELSE 0 END",
    "neutral": f"CASE WHEN {_GRADED} AND {{r}}.grade = 0 THEN 1 ELSE 0 END",
    "negative": f"CASE WHEN {_GRADED} AND {{r}}.grade = -1 THEN 1 ELSE 0 END",
    "credit": "{r}.credit",
}
"""Each figure of a shop, and the SQL of what one rating adds to it."""

DAYS_LOCK = 0x78_69_61_6F_21
"""Who changes what counts holds it shared until the commit; who counts a day holds it alone."""

_HOLD = f"PERFORM pg_advisory_xact_lock_shared({DAYS_LOCK});"
_INTO = f"INSERT INTO merchants_ratingmove (rating_id, shop_id, day, why, at, {', '.join(PARTS)})"


def _noted() -> list[pgtrigger.Trigger]:
    """Return the triggers that note what changes in days already counted.

    A day is counted once, from the rows as they stand then (``merchants.ratings.statements``). What
    comes later to such a day, or changes there, is noted as a difference, whichever door it came
    through, and goes into the next day's count. Who is beside the count waits for it, or it for them.
    """
    late = ", ".join(sql.format(r="n") for sql in PARTS.values())
    now, then = ([sql.format(r=row) for sql in PARTS.values()] for row in ("n", "o"))
    moved = ", ".join(f"({a}) - ({b})" for a, b in zip(now, then, strict=True))
    return [
        pgtrigger.Trigger(
            name="late_is_noted",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            referencing=pgtrigger.Referencing(new="new_rows"),
            func=f"{_HOLD} {_INTO} SELECT n.id, n.shop_id, n.day, 'late', now(), {late} FROM new_rows n "
            "WHERE n.day <= (SELECT max(day) FROM merchants_dsrday); RETURN NULL;",
        ),
        pgtrigger.Trigger(
            name="change_is_noted",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Update,
            referencing=pgtrigger.Referencing(old="old_rows", new="new_rows"),
            func=f"{_HOLD} {_INTO} SELECT n.id, n.shop_id, n.day, "
            "CASE WHEN n.is_excluded AND NOT o.is_excluded THEN 'excluded' "
            "WHEN o.is_excluded AND NOT n.is_excluded THEN 'restored' "
            "WHEN n.withdrawn_at IS DISTINCT FROM o.withdrawn_at THEN 'withdrawn' "
            "WHEN n.is_surplus AND NOT o.is_surplus THEN 'surplus' "
            "WHEN o.is_surplus AND NOT n.is_surplus THEN 'counted' "
            "WHEN n.grade IS DISTINCT FROM o.grade THEN 'edited' ELSE 'recounted' END, now(), "
            f"{moved} FROM new_rows n JOIN old_rows o ON o.id = n.id "
            "WHERE n.day <= (SELECT max(day) FROM merchants_dsrday) "
            f"AND ({', '.join(now)}) IS DISTINCT FROM ({', '.join(then)}); RETURN NULL;",
        ),
    ]


class RatingQuerySet(models.QuerySet["Rating"]):
    def of_buyer(self, user: User) -> "RatingQuerySet":
        """Ratings that ``user`` has given as a member."""
        return self.filter(member__user=user) if user.is_authenticated else self.none()

    def for_work_of(self, user: User) -> "RatingQuerySet":
        """Ratings of the back office: never one's own, under whatever account."""
        return self.exclude(member__in=user.own_members())


class Rating(models.Model):
    """One buyer's three scores, grade and words for one order (评分, 评价).

    The id carries the moment of trade success and the order number (``uuid7_of``). The order is
    named, not pointed at: orders belong to an app above. ``nth`` numbers the ratings of one buyer,
    shop and month of trade success 1, 2, 3 … and never changes: as numbers are not given twice,
    whoever has more than n of them has one numbered above n, which is how the few pairs with too
    many are found without looking at all of them. ``is_surplus`` (beyond what counts in a month) and
    ``credit`` (points it brought the shop) follow from the rows beside it.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    order_no = models.CharField(_("order no."), max_length=40, unique=True)
    member = models.ForeignKey(
        Member, models.PROTECT, related_name="ratings", verbose_name=_("member"), db_index=False
    )
    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="ratings", verbose_name=_("shop"), db_index=False
    )
    succeeded_at = models.DateTimeField(_("trade succeeded at"))
    rated_at = models.DateTimeField(_("rated at"))
    desc_match = models.PositiveSmallIntegerField(_("as described"), null=True, blank=True)
    service_attitude = models.PositiveSmallIntegerField(_("service"), null=True, blank=True)
    logistics_service = models.PositiveSmallIntegerField(_("logistics"), null=True, blank=True)
    grade = models.SmallIntegerField(_("grade"), choices=Grade.choices, null=True, blank=True)
    comment = models.TextField(_("words"), blank=True, default="", db_default="")
    is_default = models.BooleanField(_("given by the system"), default=False, db_default=False)
    edits = models.PositiveSmallIntegerField(_("changes"), default=0, db_default=0)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    is_excluded = models.BooleanField(_("excluded"), default=False, db_default=False)
    is_masked = models.BooleanField(_("words masked"), default=False, db_default=False)
    is_surplus = models.BooleanField(
        _("beyond the month's number"), default=False, db_default=False, editable=False
    )
    credit = models.SmallIntegerField(_("credit points"), default=0, db_default=0, editable=False)
    nth = models.PositiveSmallIntegerField(_("number in the month"), editable=False)
    day = models.GeneratedField(
        expression=ShanghaiDay("rated_at"), output_field=models.DateField(), db_persist=True
    )
    month = models.GeneratedField(
        expression=ShanghaiMonth("succeeded_at"), output_field=models.DateField(), db_persist=True
    )

    objects = RatingQuerySet.as_manager()

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        constraints = [
            # Also a member's ratings, and those beside one in its month.
            models.UniqueConstraint(
                name="rating_nth_once", fields=["member", "shop", "month", "nth"]
            ),
            *(
                models.CheckConstraint(name=f"rating_{name}_1_to_5", condition=_score_in_range(name))
                for name in SCORES
            ),
            models.CheckConstraint(
                name="rating_says_something",
                condition=Q(grade__isnull=False)
                | Q(desc_match__isnull=False)
                | Q(service_attitude__isnull=False)
                | Q(logistics_service__isnull=False),
            ),
            models.CheckConstraint(
                name="rating_default_is_positive_alone",
                condition=Q(is_default=False)
                | Q(
                    grade=Grade.POSITIVE, desc_match=None, service_attitude=None,
                    logistics_service=None, comment="",
                ),
            ),
            models.CheckConstraint(
                name="rating_after_success", condition=Q(rated_at__gte=F("succeeded_at"))
            ),
            models.CheckConstraint(name="rating_edited_once", condition=Q(edits__lte=1)),
        ]  # fmt: skip
        indexes = [
            # A shop's reviews, newest first; also those of some of its days.
            models.Index(name="rating_of_shop", fields=["shop", "-rated_at", "-id"]),
            # The day that is counted, and the day that leaves the window.
            models.Index(name="rating_by_day", fields=["day"]),
            # Pairs with several in a month: the only ones that can have too many.
            models.Index(name="rating_more_than_one", fields=["month"], condition=Q(nth__gt=1)),
            # The list of what is excluded.
            models.Index(
                name="rating_excluded", fields=["-rated_at"], condition=Q(is_excluded=True)
            ),
        ]
        triggers = [*never_deleted(), *_noted()]

    def __str__(self) -> str:
        return self.order_no

    @staticmethod
    def id_for(order_no: str, succeeded_at: datetime) -> UUID:
        """Return the id of the rating of ``order_no``, whose trade succeeded at ``succeeded_at``."""
        return uuid7_of(succeeded_at, order_no)

    @property
    def is_scored(self) -> bool:
        """Tell whether at least one dimension was scored."""
        return any(getattr(self, name) is not None for name in SCORES)


class FollowupReview(models.Model):
    """What the buyer adds later, once, without scores (追评)."""

    rating = models.OneToOneField(
        Rating, models.PROTECT, related_name="followup", verbose_name=_("rating")
    )
    text = models.TextField(_("words"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("follow-up review")
        verbose_name_plural = _("follow-up reviews")
        triggers = never_deleted()

    def __str__(self) -> str:
        return str(self.rating_id)


class Replied(models.TextChoices):
    """To which of the buyer's words the shop replies: once to each."""

    REVIEW = "review", _("the review")
    FOLLOWUP = "followup", _("the follow-up")


class ReviewReply(models.Model):
    """What the shop answers under a review (商家回复)."""

    rating = models.ForeignKey(
        Rating, models.PROTECT, related_name="replies", verbose_name=_("rating"), db_index=False
    )
    to = models.CharField(_("reply to"), max_length=8, choices=Replied.choices)
    text = models.TextField(_("words"))
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        User, models.DO_NOTHING, null=True, db_constraint=False, db_index=False,
        related_name="+", verbose_name=_("by"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("reply to a review")
        verbose_name_plural = _("replies to reviews")
        constraints = [models.UniqueConstraint(name="reviewreply_once", fields=["rating", "to"])]
        triggers = never_deleted()

    def __str__(self) -> str:
        return f"{self.rating_id} {self.to}"


class RatingMeasureKind(models.TextChoices):
    """What the house does to a review: it no longer counts, or its words are not shown."""

    EXCLUDED = "excluded", _("not counted")
    MASKED = "masked", _("words masked")


class MeasureGround(models.TextChoices):
    """Why."""

    SUSPECTED_FAKE = "suspected_fake", _("suspected of being fake")
    MALICIOUS = "malicious", _("malicious, upheld")
    ILLEGAL = "illegal", _("illegal words")
    INSULTING = "insulting", _("insulting words")
    PRIVATE = "private", _("private data")
    ADVERTISING = "advertising", _("advertising")


class RatingMeasure(models.Model):
    """One measure on a review, with its reason; lifted by giving it an end, never deleted.

    ``words`` are those masked; none means all of the review's words.
    """

    rating = models.ForeignKey(
        Rating, models.PROTECT, related_name="measures", verbose_name=_("rating")
    )
    kind = models.CharField(
        pgettext_lazy("of a thing", "kind"), max_length=8, choices=RatingMeasureKind.choices
    )
    ground = models.CharField(_("ground"), max_length=14, choices=MeasureGround.choices)
    words = models.JSONField(_("words masked"), default=list, blank=True)
    reason = models.TextField(_("reason"))
    since = models.DateTimeField(_("since"))
    by = models.ForeignKey(
        User, models.DO_NOTHING, null=True, db_constraint=False, db_index=False,
        related_name="+", verbose_name=_("by"),
    )  # fmt: skip
    ended_at = models.DateTimeField(_("lifted at"), null=True, blank=True)
    ended_by = models.ForeignKey(
        User, models.DO_NOTHING, null=True, db_constraint=False, db_index=False,
        related_name="+", verbose_name=_("lifted by"),
    )  # fmt: skip
    ended_reason = models.TextField(_("reason of lifting"), blank=True, default="")

    class Meta:
        verbose_name = _("measure on a review")
        verbose_name_plural = _("measures on reviews")
        constraints = [
            models.UniqueConstraint(
                name="ratingmeasure_one_running",
                fields=["rating", "kind"],
                condition=Q(ended_at=None),
            ),
            models.CheckConstraint(
                name="ratingmeasure_forward",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("since")),
            ),
        ]
        triggers = never_deleted()

    def __str__(self) -> str:
        return f"{self.rating_id} {self.kind}"
