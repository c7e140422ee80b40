"""Complaints about malicious reviews, what they cost a buyer, and the flag that may follow."""

import uuid
from datetime import datetime
from typing import Any

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Member, User
from common.ids import public_key, uuid7
from merchants.complaints import rules
from merchants.models.ratings import Rating, RatingMeasure
from merchants.models.shops import Shop
from merchants.models.staff import shops_of

JUDGE = "ratings.manage"
READ = "penalties.read"


class ComplaintType(models.TextChoices):
    """What a shop says a review is (恶意评价)."""

    EXTORTION = "extortion", _("extortion")
    UNREASONABLE_DEMAND = "unreasonable_demand", _("an unreasonable demand")
    COMPETITOR = "competitor", _("by a competitor")
    THIRD_PARTY_FRAUD = "third_party_fraud", _("fraud by a third party")
    ABUSE_LEAK_AD = "abuse_leak_ad", _("insults, private data or advertising")


class ComplaintState(models.TextChoices):
    """Where a complaint is; moves are ``rules.MOVES``."""

    REVIEW = rules.REVIEW, _("being looked at")
    JURY = rules.JURY, _("with a jury")
    UPHELD = rules.UPHELD, pgettext_lazy("of a complaint", "upheld")
    REJECTED = rules.REJECTED, pgettext_lazy("of a complaint", "rejected")
    REAPPLIED = rules.REAPPLIED, _("asked once more")
    FINAL = rules.FINAL, _("decided for good")


class ComplaintOutcome(models.TextChoices):
    """How a complaint was decided."""

    UPHELD = rules.UPHELD, pgettext_lazy("of a complaint", "upheld")
    REJECTED = rules.REJECTED, pgettext_lazy("of a complaint", "rejected")


class ComplaintQuerySet(models.QuerySet["ReviewComplaint"]):
    def of_shops_of(self, user: User) -> "ComplaintQuerySet":
        """Complaints of the shops ``user`` works for."""
        return self.filter(shop__in=shops_of(user).values("pk"))

    def about_me(self, user: User) -> "ComplaintQuerySet":
        """Upheld complaints about reviews of ``user``: what was rejected is nobody's burden."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(member__user=user, outcome=ComplaintOutcome.UPHELD)

    def visible_to(self, user: User) -> "ComplaintQuerySet":
        """Complaints ``user`` may see: the shop's people their own, the house all but its own cases."""
        if not user.is_authenticated:
            return self.none()
        own = shops_of(user).values("pk")
        office = user.can("admin.use") and user.has_perm("merchants.view_reviewcomplaint")
        if office or user.can(JUDGE) or user.can(READ):
            return self.exclude(member__in=user.own_members())
        return self.filter(shop__in=own)

    def for_work_of(self, user: User) -> "ComplaintQuerySet":
        """Complaints ``user`` may see at work: none about themselves, none of a merchant of their own."""
        return self.visible_to(user).exclude(shop__in=shops_of(user).values("pk"))


class ReviewComplaint(models.Model):
    """A shop's complaint about one review, once; asked again once when it was rejected.

    ``outcome`` is what stands now; the decisions are rows of their own. ``reversed_at`` is set when the
    member's appeal was won: everything it had cost was given back. There is no jury yet: the state is
    known, and no act leads into it until disputes bring one.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rating = models.OneToOneField(
        Rating, models.PROTECT, related_name="complaint", verbose_name=_("review")
    )
    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="review_complaints", db_index=False,
        verbose_name=_("shop"),
    )  # fmt: skip
    member = models.ForeignKey(
        Member, models.PROTECT, related_name="review_complaints", db_index=False,
        verbose_name=_("member"),
    )  # fmt: skip
    type = models.CharField(
        pgettext_lazy("of a complaint", "type"), max_length=20, choices=ComplaintType.choices
    )
    text = models.TextField(_("what the shop says"))
    more_text = models.TextField(_("what the shop adds"), blank=True, default="")
    state = models.CharField(_("state"), max_length=9, choices=ComplaintState.choices)
    outcome = models.CharField(
        _("outcome"), max_length=8, choices=ComplaintOutcome.choices, blank=True, default=""
    )
    filed_at = models.DateTimeField(_("filed at"))
    filed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("filed by")
    )
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    is_late = models.BooleanField(_("late"), default=False)
    reapply_until = models.DateTimeField(_("may ask once more until"), null=True, blank=True)
    reapplied_at = models.DateTimeField(_("asked once more at"), null=True, blank=True)
    reapplied_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("asked once more by"),
    )  # fmt: skip
    upheld_at = models.DateTimeField(_("upheld at"), null=True, blank=True)
    # The measure this complaint began; empty while another one runs on the review that came before it.
    measure = models.OneToOneField(
        RatingMeasure, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("measure"),
    )  # fmt: skip
    reversed_at = models.DateTimeField(_("taken back at"), null=True, blank=True)

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        verbose_name = _("complaint about a review")
        verbose_name_plural = _("complaints about reviews")
        constraints = [
            models.CheckConstraint(
                name="reviewcomplaint_outcome_when_decided",
                condition=Q(state__in=[rules.REVIEW, rules.JURY], outcome="")
                | Q(state=rules.UPHELD, outcome=rules.UPHELD)
                | Q(state__in=[rules.REJECTED, rules.REAPPLIED], outcome=rules.REJECTED)
                | (Q(state=rules.FINAL) & ~Q(outcome="")),
            ),
            models.CheckConstraint(
                name="reviewcomplaint_upheld_has_a_moment",
                condition=Q(outcome=rules.UPHELD, upheld_at__isnull=False)
                | (~Q(outcome=rules.UPHELD) & Q(upheld_at=None, measure=None, reversed_at=None)),
            ),
            models.CheckConstraint(
                name="reviewcomplaint_waits_until",
                condition=Q(state__in=[rules.REVIEW, rules.REAPPLIED], due_at__isnull=False)
                | ~Q(state__in=[rules.REVIEW, rules.REAPPLIED]),
            ),
            models.CheckConstraint(
                name="reviewcomplaint_reapplied_by_somebody",
                condition=Q(reapplied_at=None, reapplied_by=None)
                | Q(reapplied_at__isnull=False, reapplied_by__isnull=False),
            ),
        ]
        indexes = [
            # A shop's complaints, newest first.
            models.Index(name="reviewcomplaint_of_shop", fields=["shop", "-id"]),
            # What stands against a member: signals, their page, erasure.
            models.Index(name="reviewcomplaint_of_member", fields=["member", "upheld_at"]),
            # The queue of who decides, the nearest clock first.
            models.Index(
                name="reviewcomplaint_waiting",
                fields=["due_at"],
                condition=Q(state__in=[rules.REVIEW, rules.REAPPLIED]),
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.public_key

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key("rcp", self.pk)

    @property
    def stands(self) -> bool:
        """Whether it was upheld and not taken back."""
        return self.outcome == ComplaintOutcome.UPHELD and self.reversed_at is None


class Stage(models.TextChoices):
    """Which of the two decisions."""

    FIRST = "first", pgettext_lazy("of a decision", "first")
    FINAL = "final", pgettext_lazy("of a decision", "final")


class ComplaintDecision(models.Model):
    """One decision about a complaint, never changed. The final one is by somebody else."""

    complaint = models.ForeignKey(
        ReviewComplaint, models.PROTECT, related_name="decisions", verbose_name=_("complaint")
    )
    stage = models.CharField(_("stage"), max_length=5, choices=Stage.choices)
    outcome = models.CharField(_("outcome"), max_length=8, choices=ComplaintOutcome.choices)
    reason = models.TextField(_("reason"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("decision about a complaint")
        verbose_name_plural = _("decisions about complaints")
        constraints = [
            models.UniqueConstraint(name="complaintdecision_once", fields=["complaint", "stage"]),
            models.UniqueConstraint(
                name="complaintdecision_by_another", fields=["complaint", "by"]
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.stage}"


class ComplaintQuote(models.Model):
    """One message a complaint rests on, as it stood when it was quoted; masked, never changed."""

    complaint = models.ForeignKey(
        ReviewComplaint, models.PROTECT, related_name="quotes", db_index=False,
        verbose_name=_("complaint"),
    )  # fmt: skip
    conversation_no = models.CharField(_("conversation no."), max_length=40)
    seq = models.PositiveIntegerField(_("number"))
    author = models.CharField(_("who"), max_length=8)
    said_at = models.DateTimeField(_("said at"))
    body = models.TextField(_("words"), blank=True)

    class Meta:
        verbose_name = _("quote in a complaint")
        verbose_name_plural = _("quotes in complaints")
        constraints = [
            models.UniqueConstraint(
                name="complaintquote_once", fields=["complaint", "conversation_no", "seq"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_no} {self.seq}"


def complaint_file_path(file: "ComplaintFile", filename: str) -> str:
    """Return where the bytes lie: by id, so that a name never reaches the file system."""
    return f"complaints/{file.uploaded_at:%Y/%m/%d}/{file.pk}"


class ComplaintFileQuerySet(models.QuerySet["ComplaintFile"]):
    def visible_to(self, user: User) -> "ComplaintFileQuerySet":
        """Files ``user`` may open: those of complaints they see; what is attached to none, its uploader."""
        seen = ReviewComplaint.objects.visible_to(user).values("pk")
        return self.filter(Q(complaint__in=seen) | Q(complaint=None, uploaded_by=user))


class ComplaintFile(models.Model):
    """A file of a complaint: it belongs to none until the complaint names it, and is let go after a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rating = models.ForeignKey(
        Rating, models.PROTECT, related_name="+", db_index=False, verbose_name=_("review")
    )
    complaint = models.ForeignKey(
        ReviewComplaint, models.PROTECT, null=True, blank=True, related_name="files",
        verbose_name=_("complaint"),
    )  # fmt: skip
    uploaded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded at"))
    name = models.CharField(pgettext_lazy("of a thing", "name"), max_length=200)
    kind = models.CharField(
        _("kind"), max_length=8, choices=[("image", _("Image")), ("file", _("File"))]
    )
    content_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to=complaint_file_path, max_length=200)

    objects = ComplaintFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file of a complaint")
        verbose_name_plural = _("files of complaints")

    def __str__(self) -> str:
        return self.name

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key("rcf", self.pk)


class BuyerPointsCause(models.TextChoices):
    """Why a buyer's penalty points moved."""

    MALICIOUS_REVIEW = "malicious_review", _("a malicious review, upheld")
    REVERSAL = "reversal", _("taken back on appeal")


class BuyerPointsEntry(models.Model):
    """One movement of a buyer's penalty points (买家扣分), never changed: a correction is a row of its own."""

    member = models.ForeignKey(
        Member, models.PROTECT, related_name="penalty_points", verbose_name=_("member")
    )
    points = models.DecimalField(_("points"), max_digits=6, decimal_places=1)
    cause = models.CharField(_("why"), max_length=16, choices=BuyerPointsCause.choices)
    complaint = models.ForeignKey(
        ReviewComplaint, models.PROTECT, related_name="points", db_index=False,
        verbose_name=_("complaint"),
    )  # fmt: skip
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("movement of a buyer's points")
        verbose_name_plural = _("movements of buyers' points")
        constraints = [
            # The same complaint moves points once, and takes them back once.
            models.UniqueConstraint(name="buyerpointsentry_once", fields=["complaint", "cause"]),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.points:+}"


class FlagEnd(models.TextChoices):
    """Why a flag ended."""

    EXPIRED = "expired", _("its time is over")
    LIFTED = "lifted", _("lifted by one of us")
    APPEAL = "appeal", _("an appeal was won")
    BASIS = "basis", _("a complaint it rests on was taken back")


class Arm(models.TextChoices):
    """Which flagged members are shown less, and which are left alone to compare with."""

    TREATED = rules.TREATED, _("shown less")
    HOLDOUT = rules.HOLDOUT, _("left alone, to compare")


class FlagQuerySet(models.QuerySet["ReviewerFlag"]):
    def running(self, now: datetime) -> "FlagQuerySet":
        """Flags that hold at ``now``: what is past its time holds no more, swept or not."""
        return self.filter(ended_at=None, until__gt=now)

    def visible_to(self, user: User) -> "FlagQuerySet":
        """Flags ``user`` may see in the back office: never their own."""
        return self.exclude(member__in=user.own_members())


class ReviewerFlag(models.Model):
    """A member whose reviews were malicious several times (差评师), from when until when, and why.

    Rests on upheld complaints and on two signs at least (``FlagSignal``). It ends by itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(
        Member, models.PROTECT, related_name="reviewer_flags", db_index=False,
        verbose_name=_("member"),
    )  # fmt: skip
    complaints = ArrayField(models.UUIDField(), verbose_name=_("complaints it rests on"))
    arm = models.CharField(_("arm"), max_length=7, choices=Arm.choices)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"))
    by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("by"),
    )  # fmt: skip
    reason = models.TextField(_("reason"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_why = models.CharField(
        _("why it ended"), max_length=7, choices=FlagEnd.choices, blank=True, default=""
    )
    ended_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("ended by"),
    )  # fmt: skip
    ended_reason = models.TextField(_("reason of the end"), blank=True, default="")

    objects = FlagQuerySet.as_manager()

    class Meta:
        verbose_name = _("flag of a reviewer")
        verbose_name_plural = _("flags of reviewers")
        constraints = [
            models.UniqueConstraint(
                name="reviewerflag_one_running", fields=["member"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(name="reviewerflag_forward", condition=Q(until__gt=F("since"))),
            models.CheckConstraint(
                name="reviewerflag_ended_has_a_reason",
                condition=Q(ended_at=None, ended_why="")
                | (Q(ended_at__isnull=False) & ~Q(ended_why="")),
            ),
        ]
        indexes = [
            # A member's flags, newest first.
            models.Index(name="reviewerflag_of_member", fields=["member", "-id"]),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.public_key

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key("rfl", self.pk)


class SignalKind(models.TextChoices):
    """Independent signs: each rests on rows no other one uses (``rules.signals``)."""

    SEVERAL_MERCHANTS = rules.SEVERAL_MERCHANTS, _("complaints of several merchants were upheld")
    LINKED = rules.LINKED, _("seen with the device or payer of another such reviewer")
    PATTERN = rules.PATTERN, _("nearly all other reviews are negative")


class FlagSignal(models.Model):
    """One sign a flag rests on, with its facts; never changed."""

    flag = models.ForeignKey(
        ReviewerFlag, models.PROTECT, related_name="signals", db_index=False,
        verbose_name=_("flag"),
    )  # fmt: skip
    kind = models.CharField(_("sign"), max_length=17, choices=SignalKind.choices)
    facts = models.JSONField(_("facts"), default=dict)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("sign behind a flag")
        verbose_name_plural = _("signs behind flags")
        constraints = [models.UniqueConstraint(name="flagsignal_once", fields=["flag", "kind"])]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class ReviewerAppealState(models.TextChoices):
    """Where a member's appeal is."""

    FILED = "filed", pgettext_lazy("of an appeal", "with us")
    WON = "won", pgettext_lazy("of an appeal", "granted")
    LOST = "lost", pgettext_lazy("of an appeal", "not granted")


class ReviewerAppealQuerySet(models.QuerySet["ReviewerAppeal"]):
    def visible_to(self, user: User) -> "ReviewerAppealQuerySet":
        """Appeals ``user`` may see in the back office: never their own."""
        return self.exclude(member__in=user.own_members())


class ReviewerAppeal(models.Model):
    """A member's appeal against an upheld complaint or a flag, once each; decided by another person."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(
        Member, models.PROTECT, related_name="reviewer_appeals", verbose_name=_("member")
    )
    complaint = models.OneToOneField(
        ReviewComplaint, models.PROTECT, null=True, blank=True, related_name="appeal",
        verbose_name=_("complaint"),
    )  # fmt: skip
    flag = models.OneToOneField(
        ReviewerFlag, models.PROTECT, null=True, blank=True, related_name="appeal",
        verbose_name=_("flag"),
    )  # fmt: skip
    text = models.TextField(_("what the member says"))
    state = models.CharField(_("state"), max_length=5, choices=ReviewerAppealState.choices)
    filed_at = models.DateTimeField(_("filed at"))
    due_at = models.DateTimeField(_("due at"))
    is_late = models.BooleanField(_("late"), default=False)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("decided by"),
    )  # fmt: skip
    answer = models.TextField(_("answer"), blank=True, default="")

    objects = ReviewerAppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("appeal of a reviewer")
        verbose_name_plural = _("appeals of reviewers")
        constraints = [
            models.CheckConstraint(
                name="reviewerappeal_of_one",
                condition=Q(complaint__isnull=False, flag=None)
                | Q(complaint=None, flag__isnull=False),
            ),
            models.CheckConstraint(
                name="reviewerappeal_decided_by_somebody",
                condition=Q(state="filed", decided_at=None, decided_by=None)
                | (~Q(state="filed") & Q(decided_at__isnull=False, decided_by__isnull=False)),
            ),
        ]
        indexes = [
            # The queue of who decides.
            models.Index(
                name="reviewerappeal_waiting", fields=["due_at"], condition=Q(state="filed")
            ),
        ]

    def __str__(self) -> str:
        return self.public_key

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key("rap", self.pk)


class HeldReviewQuerySet(models.QuerySet["HeldReview"]):
    def running(self) -> "HeldReviewQuerySet":
        """Reviews that are held now."""
        return self.filter(released_at=None)

    def visible_to(self, user: User) -> "HeldReviewQuerySet":
        """What ``user`` may see in the back office: never their own reviews."""
        return self.exclude(rating__member__in=user.own_members())


class HeldReview(models.Model):
    """A flagged member's words, looked at before others read them: shown by a person, or by the clock."""

    rating = models.ForeignKey(
        Rating, models.PROTECT, related_name="holds", verbose_name=_("review")
    )
    held_at = models.DateTimeField(_("held since"))
    until = models.DateTimeField(_("shown at the latest"))
    released_at = models.DateTimeField(_("shown since"), null=True, blank=True)
    released_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("shown by"),
    )  # fmt: skip
    reason = models.TextField(_("reason"), blank=True, default="")

    objects = HeldReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review that is held")
        verbose_name_plural = _("reviews that are held")
        constraints = [
            models.UniqueConstraint(
                name="heldreview_one_running", fields=["rating"], condition=Q(released_at=None)
            ),
        ]

    def __str__(self) -> str:
        return str(self.rating_id)


class ReviewerExposure(models.Model):
    """How often a vulnerable shop could have been shown to a flagged member on a day, by the search.

    Counted alike for those shown less and those left alone; the arm is the flag's.
    """

    flag = models.ForeignKey(
        ReviewerFlag, models.PROTECT, related_name="exposures", db_index=False,
        verbose_name=_("flag"),
    )  # fmt: skip
    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="+", db_index=False, verbose_name=_("shop")
    )
    day = models.DateField(_("day"))
    count = models.PositiveIntegerField(_("exposures"))

    class Meta:
        verbose_name = _("exposures of a day")
        verbose_name_plural = _("exposures by day")
        constraints = [
            # Also what the measurement reads: a flag's shops with their first day.
            models.UniqueConstraint(name="reviewerexposure_once", fields=["flag", "shop", "day"]),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.count}"


def judges_of(complaints: Any) -> set[int]:
    """Return the keys of everybody who decided one of ``complaints`` (keys, or rows)."""
    found = ComplaintDecision.objects.filter(complaint__in=complaints)
    return set(found.values_list("by_id", flat=True))
