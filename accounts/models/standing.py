"""What is known about where a member stands: months, entries, totals, periods, titles, guides."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import Member, Tier, User
from common.partitions import register


class Score(models.TextChoices):
    """The three scores of a member, separate on purpose: value, integrity, activity."""

    VALUE = "value", _("Member value")
    CREDIT = "credit", _("Buyer credit")
    ACTIVITY = "activity", _("Activity")


class CreditBand(models.TextChoices):
    """The word for a buyer credit (优秀 良好 一般 较差)."""

    EXCELLENT = "excellent", _("Excellent")
    GOOD = "good", _("Good")
    FAIR = "fair", _("Fair")
    POOR = "poor", _("Poor")


class Cause(models.TextChoices):
    """Why a score entry was posted."""

    DISPUTE_LOST = "dispute_lost", _("A dispute lost in bad faith")
    FALSE_RETURN = "false_return", _("A false return")
    MALICIOUS_REVIEW = "malicious_review", _("A malicious review, upheld")
    RECOUP_OVERDUE = "recoup_overdue", _("An advance not paid back in time")
    HARASSMENT = "harassment", _("Harassment, confirmed")
    GOOD_DEED = "good_deed", _("A good deed")
    DECAY = "decay", _("Half forgiven after a year")
    REVERSAL = "reversal", _("Taken back")


class StandingRules(models.Model):
    """One version of the numbers behind scores and tiers (``accounts.standing.rules.Numbers``).

    A draft until it is published; a published one is in force from ``effective_on`` on (Shanghai's
    day), until the next one's. ``preview`` is what it would change, computed before publishing.
    """

    version = models.PositiveIntegerField(_("version"), primary_key=True)
    effective_on = models.DateField(_("in force from"), null=True, blank=True)
    numbers = models.JSONField(_("numbers"))
    reason = models.TextField(_("why"))
    made_by = models.ForeignKey(
        User, models.DO_NOTHING, null=True, db_constraint=False, db_index=False,
        related_name="+", verbose_name=_("made by"),
    )  # fmt: skip
    made_at = models.DateTimeField(_("made at"))
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    preview = models.JSONField(_("preview"), null=True, blank=True)
    dropped_at = models.DateTimeField(_("dropped at"), null=True, blank=True)

    class Meta:
        verbose_name = _("standing rules")
        verbose_name_plural = _("standing rules")
        constraints = [
            models.CheckConstraint(
                name="standingrules_published_has_a_day",
                condition=Q(published_at=None) | Q(effective_on__isnull=False),
            ),
            models.CheckConstraint(
                name="standingrules_dropped_or_published",
                condition=Q(published_at=None) | Q(dropped_at=None),
            ),
            models.UniqueConstraint(
                name="standingrules_one_a_day",
                fields=["effective_on"],
                condition=Q(published_at__isnull=False),
                violation_error_message=_("Other rules begin on that day already."),
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.version}"

    @property
    def is_draft(self) -> bool:
        """Whether it may still be published or dropped."""
        return self.published_at is None and self.dropped_at is None


class MemberMonth(models.Model):
    """What a member's completed orders of one month (Shanghai's, by paying moment) came to, in points.

    Derived from the orders by the app that owns them; ``recompute --check`` proves it. Partitioned by
    month: a run over everybody compares month with month, and a day touches the newest ones alone.
    """

    pk = models.CompositePrimaryKey("member_id", "month")
    member = models.ForeignKey(
        Member, models.CASCADE, related_name="months", db_index=False, verbose_name=_("member")
    )
    month = models.DateField(_("month"))
    orders = models.PositiveIntegerField(_("completed orders"))
    clean_count = models.PositiveIntegerField(_("orders without a refund"))
    # Wider than an amount, so that no sum of amounts stops a run over everybody.
    spent = models.DecimalField(_("paid and kept"), max_digits=20, decimal_places=2)
    value_points = models.IntegerField(_("member value"))
    credit_points = models.IntegerField(_("buyer credit"))
    activity_points = models.IntegerField(_("activity"))
    rules_version = models.PositiveIntegerField(_("rules version"))

    class Meta:
        verbose_name = _("month of a member")
        verbose_name_plural = _("months of members")
        constraints = [
            models.CheckConstraint(
                name="membermonth_clean_are_orders", condition=Q(clean_count__lte=F("orders"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.month:%Y-%m}"


register(MemberMonth._meta.db_table, "month", by_date=True)


class ScoreEntry(models.Model):
    """One row of a member's score that is not a month's orders (信用流水). Never changed, only reversed.

    ``cause_key`` names the case; the same case posts the same cause once.
    """

    member = models.ForeignKey(
        Member, models.CASCADE, related_name="score_entries", db_index=False,
        verbose_name=_("member"),
    )  # fmt: skip
    score = models.CharField(_("score"), max_length=8, choices=Score.choices)
    points = models.IntegerField(_("points"))
    cause = models.CharField(_("cause"), max_length=20, choices=Cause.choices)
    cause_key = models.CharField(_("case"), max_length=80)
    rules_version = models.PositiveIntegerField(_("rules version"))
    at = models.DateTimeField(_("at"))
    expires_at = models.DateTimeField(_("counts until"), null=True, blank=True)
    about = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="answer", db_index=False,
        verbose_name=_("takes back or halves"),
    )  # fmt: skip
    by = models.ForeignKey(
        User, models.DO_NOTHING, null=True, db_constraint=False, db_index=False,
        related_name="+", verbose_name=_("by"),
    )  # fmt: skip
    reason = models.TextField(_("why"), blank=True)

    class Meta:
        verbose_name = _("score entry")
        verbose_name_plural = _("score entries")
        constraints = [
            models.CheckConstraint(name="scoreentry_moves", condition=~Q(points=0)),
            models.UniqueConstraint(
                # Also what the member's page reads: a member's entries.
                name="scoreentry_once",
                fields=["member", "score", "cause", "cause_key"],
            ),
        ]
        indexes = [
            # What the clock halves after a year: bad rows by age.
            models.Index(name="scoreentry_to_halve", fields=["at"], condition=Q(points__lt=0)),
            # What stops counting one of these days.
            models.Index(
                name="scoreentry_ends", fields=["expires_at"], condition=Q(expires_at__isnull=False)
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update),
        ]

    def __str__(self) -> str:
        return f"{self.get_cause_display()} {self.points:+d}"


class MemberStanding(models.Model):
    """A member's three scores now: the sums of what counts (months, entries), stored to be read fast."""

    member = models.OneToOneField(
        Member, models.CASCADE, primary_key=True, related_name="standing", verbose_name=_("member")
    )
    value = models.IntegerField(_("member value"))
    credit = models.IntegerField(_("buyer credit"))
    activity = models.IntegerField(_("activity"))
    # The sums of the rows as they are; the scores above are kept within their bounds.
    value_sum = models.IntegerField(_("rows of member value"))
    credit_sum = models.IntegerField(_("rows of buyer credit"))
    activity_sum = models.IntegerField(_("rows of activity"))
    spent = models.DecimalField(_("paid and kept, 12 months"), max_digits=20, decimal_places=2)
    orders = models.PositiveIntegerField(_("completed orders, 12 months"))
    rules_version = models.PositiveIntegerField(_("rules version"))

    class Meta:
        verbose_name = _("member's standing")
        verbose_name_plural = _("members' standings")

    def __str__(self) -> str:
        return str(self.member_id)


class MemberPeriod(models.Model):
    """What a member was from one moment to another: tier and credit band, by which rules and why.

    The periods of a member follow one another without a gap; the last one is open.
    """

    member = models.ForeignKey(
        Member, models.CASCADE, related_name="periods", db_index=False, verbose_name=_("member")
    )
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True, blank=True)
    tier = models.CharField(_("tier"), max_length=8, choices=Tier.choices)
    band = models.CharField(_("credit band"), max_length=10, choices=CreditBand.choices)
    rules_version = models.PositiveIntegerField(_("rules version"))
    why = models.CharField(_("why"), max_length=24)
    facts = models.JSONField(_("facts"), default=dict)

    class Meta:
        verbose_name = _("period of a member")
        verbose_name_plural = _("periods of members")
        constraints = [
            models.UniqueConstraint(name="memberperiod_starts_once", fields=["member", "since"]),
            models.UniqueConstraint(
                name="memberperiod_one_open", fields=["member"], condition=Q(until=None)
            ),
            models.CheckConstraint(
                name="memberperiod_forward",
                condition=Q(until=None) | Q(until__gt=F("since")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.tier} {self.since:%Y-%m-%d}"


class TierTitle(models.Model):
    """A tier that is not earned by points alone: 88VIP is paid for, APASS is by invitation.

    Posted by whoever sells or invites; ``source_key`` names the sale or the invitation.
    """

    member = models.ForeignKey(
        Member, models.CASCADE, related_name="titles", db_index=False, verbose_name=_("member")
    )
    tier = models.CharField(
        _("tier"),
        max_length=8,
        choices=[(t.value, t.label) for t in (Tier.VIP88, Tier.APASS)],
    )
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"))
    ended_at = models.DateTimeField(_("ended early at"), null=True, blank=True)
    source_key = models.CharField(_("where it comes from"), max_length=80)
    by = models.ForeignKey(
        User, models.DO_NOTHING, null=True, db_constraint=False, db_index=False,
        related_name="+", verbose_name=_("by"),
    )  # fmt: skip
    reason = models.TextField(_("why"), blank=True)

    class Meta:
        verbose_name = _("title of a member")
        verbose_name_plural = _("titles of members")
        constraints = [
            models.UniqueConstraint(name="tiertitle_once", fields=["tier", "source_key"]),
            models.CheckConstraint(name="tiertitle_forward", condition=Q(until__gt=F("since"))),
        ]
        indexes = [
            # What tier is a member's: their titles.
            models.Index(name="tiertitle_of_member", fields=["member", "tier", "until"]),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.tier}"


class Guide(models.Model):
    """A new member led by the hand (带路党): from registration to the 90th day or the third order.

    ``first_order_no`` is the first completed order: the guarantee is for it alone. ``doubled_with``
    is an older account on the same device, address or payer: such a guide promises nothing twice.
    """

    member = models.OneToOneField(
        Member, models.CASCADE, primary_key=True, related_name="guide", verbose_name=_("member")
    )
    began_at = models.DateTimeField(_("began at"))
    ends_at = models.DateTimeField(_("ends at the latest"))
    completed = models.PositiveSmallIntegerField(_("completed orders"), default=0)
    first_order_no = models.CharField(_("first completed order"), max_length=40, blank=True)
    first_completed_at = models.DateTimeField(_("completed at"), null=True, blank=True)
    counted_at = models.DateTimeField(_("counted at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    doubled_with = models.ForeignKey(
        Member, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+",
        verbose_name=_("same person as"),
    )  # fmt: skip
    doubled_by = models.CharField(_("told by"), max_length=10, blank=True)

    class Meta:
        verbose_name = _("guide of a member")
        verbose_name_plural = _("guides of members")
        indexes = [
            # Whose guide ends today.
            models.Index(name="guide_ends", fields=["ends_at"], condition=Q(ended_at=None)),
            # Whose orders nobody has looked for since the guide began.
            models.Index(
                name="guide_to_count",
                fields=["member"],
                condition=Q(ended_at=None, counted_at=None),
            ),
        ]

    def __str__(self) -> str:
        return str(self.member_id)


class MarkKind(models.TextChoices):
    """By what two accounts are seen to be one person."""

    DEVICE = "device", _("device")
    ADDRESS = "address", _("address")
    PAYER = "payer", _("payer")


class MemberMark(models.Model):
    """A device, address or payer a member was seen with: a keyed digest, never the thing itself."""

    member = models.ForeignKey(
        Member, models.CASCADE, related_name="marks", db_index=False, verbose_name=_("member")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=MarkKind.choices)
    digest = models.BinaryField(_("digest"), max_length=32)
    seen_at = models.DateTimeField(_("first seen at"))

    class Meta:
        verbose_name = _("mark of a member")
        verbose_name_plural = _("marks of members")
        constraints = [
            # Also finds who else was seen with the same thing.
            models.UniqueConstraint(name="membermark_once", fields=["kind", "digest", "member"]),
        ]
        indexes = [
            # The marks of a member, to erase and to copy.
            models.Index(name="membermark_of_member", fields=["member"]),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.kind}"


class StandingRun(models.Model):
    """One run over the orders: what had changed (``take``), or everybody's month settled (``settle``).

    ``cursor`` is up to where changes of orders were taken; ``settled_on`` is the recompute day whose
    windows the stored totals have. A settling writes itself down before it begins: one without
    ``finished_at`` goes on where it stopped, and lets nobody up to ``settled_upto`` fall again.
    """

    kind = models.CharField(
        _("kind"), max_length=8, choices=[("take", _("changes taken")), ("settle", _("settled"))]
    )
    at = models.DateTimeField(_("at"))
    cursor = models.DateTimeField(_("changes taken up to"))
    settled_on = models.DateField(_("settled on"))
    rules_version = models.PositiveIntegerField(_("rules version"))
    downwards = models.BooleanField(_("tiers may fall"), default=False)
    settled_upto = models.BigIntegerField(_("settled up to member"), default=0)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    members = models.PositiveIntegerField(_("members looked at"), default=0)
    moved = models.PositiveIntegerField(_("tiers moved"), default=0)
    seconds = models.FloatField(_("seconds"), default=0)

    class Meta:
        verbose_name = _("standing run")
        verbose_name_plural = _("standing runs")

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class PopulationDay(models.Model):
    """How all members were spread over tiers and scores at the end of a daily run."""

    on = models.DateField(_("day"), primary_key=True)
    tiers = models.JSONField(_("members by tier"))
    bands = models.JSONField(_("members by credit band"))
    histograms = models.JSONField(_("members by score"))
    members = models.PositiveIntegerField(_("members"))

    class Meta:
        verbose_name = _("population of a day")
        verbose_name_plural = _("population by day")

    def __str__(self) -> str:
        return f"{self.on:%Y-%m-%d}"
