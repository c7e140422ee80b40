"""What a shop is said to have done, what it says to that, and the files of both."""

import uuid
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from common.ids import public_key
from merchants.models.rulebook import RuleVersion, ViolationClass
from merchants.models.shops import Shop
from merchants.models.staff import StaffAccount, shops_of
from merchants.penalties import rules

HOUSE_RIGHTS = ("penalties.decide", "penalties.read")


class ViolationState(models.TextChoices):
    """Where a case is on its way; moves are ``rules.MOVES``."""

    DETECTED = rules.DETECTED, _("found")
    NOTICED = rules.NOTICED, _("the shop may state")
    DECIDED = rules.DECIDED, _("decided")
    EXECUTING = rules.EXECUTING, _("measures in force")
    ENDED = rules.ENDED, pgettext_lazy("of a case", "ended")
    DROPPED = rules.DROPPED, _("dropped")


class EndReason(models.TextChoices):
    """Why a case ended."""

    POINTS_ALONE = "points", _("points alone, no measures")
    PERIOD = "period", _("time served, corrected, exam passed")
    LIFTED = "lifted", _("lifted early")
    REVOKED = "revoked", _("revoked on appeal")
    REDUCED = "reduced", _("reduced on appeal to less than has run")
    EXAM = "exam", _("an exam in place of the penalty")


class ViolationQuerySet(models.QuerySet["Violation"]):
    def visible_to(self, user: User) -> "ViolationQuerySet":
        """Cases ``user`` may see: the house's judges and readers all, but for those of a merchant of
        their own; whoever found it; the shop's people once they were told.
        """
        if not user.is_authenticated:
            return self.none()
        own_shops = shops_of(user).values("pk")
        told = Q(shop__in=own_shops, noticed_at__isnull=False)
        office = user.can("admin.use") and user.has_perm("merchants.view_violation")
        if office or any(user.can(right) for right in HOUSE_RIGHTS):
            return self.filter(told | ~Q(shop__in=own_shops))
        return self.filter(told | Q(detected_by=user))

    def told_to(self, user: User) -> "ViolationQuerySet":
        """Cases of the shops ``user`` works for, once they were told: what stands on the shop's pages."""
        return self.filter(shop__in=shops_of(user).values("pk"), noticed_at__isnull=False)

    def for_work_of(self, user: User) -> "ViolationQuerySet":
        """Cases ``user`` may see at work: none of a merchant they work for."""
        return self.visible_to(user).exclude(shop__in=shops_of(user).values("pk"))


class Violation(models.Model):
    """What a shop has done against a rule (违规): judged by the version in force at the act.

    ``points`` is what one act costs, one of those the version names; ``items`` how many acts. What it
    came to in the end stands in its ``Penalty``. ``act`` and ``evidence`` are masked when written.
    """

    violation_no = models.CharField(_("case no."), max_length=20, unique=True)
    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="violations", db_index=False, verbose_name=_("shop")
    )
    rule_version = models.ForeignKey(
        RuleVersion, models.PROTECT, related_name="violations", db_index=False,
        verbose_name=_("rule in force at the act"),
    )  # fmt: skip
    violation_class = models.CharField(_("class"), max_length=1, choices=ViolationClass.choices)
    act_at = models.DateTimeField(_("time of the act"))
    act = models.TextField(_("act"))
    evidence = models.TextField(_("evidence"), blank=True)
    order_no = models.CharField(_("order no."), max_length=40, blank=True)
    points = models.DecimalField(_("points for one act"), max_digits=6, decimal_places=1)
    items = models.PositiveSmallIntegerField(_("acts"), default=1)
    state = models.CharField(_("state"), max_length=9, choices=ViolationState.choices)
    detected_at = models.DateTimeField(_("found at"))
    detected_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("found by"),
    )  # fmt: skip
    noticed_at = models.DateTimeField(_("shop told at"), null=True, blank=True)
    statement_due_at = models.DateTimeField(_("statement until"), null=True, blank=True)
    decide_by = models.DateTimeField(_("decision due at"), null=True, blank=True)
    # An emergency: two people, neither of whom has found it.
    emergency_first_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("emergency called by"),
    )  # fmt: skip
    emergency_first_at = models.DateTimeField(_("emergency called at"), null=True, blank=True)
    emergency_second_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("emergency confirmed by"),
    )  # fmt: skip
    emergency_at = models.DateTimeField(_("emergency since"), null=True, blank=True)
    # The year (Shanghai) whose one exam in place of a penalty this case used.
    exam_year = models.PositiveSmallIntegerField(_("exam of the year"), null=True, blank=True)
    exam_due_at = models.DateTimeField(_("exam until"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_why = models.CharField(
        _("why it ended"), max_length=8, choices=EndReason.choices, blank=True
    )

    objects = ViolationQuerySet.as_manager()

    class Meta:
        verbose_name = _("violation")
        verbose_name_plural = _("violations")
        constraints = [
            models.CheckConstraint(
                name="violation_told_has_a_period",
                condition=Q(noticed_at=None, statement_due_at=None, decide_by=None)
                | Q(
                    noticed_at__isnull=False,
                    statement_due_at__isnull=False,
                    decide_by__isnull=False,
                    statement_due_at__gt=F("noticed_at"),
                    decide_by__gte=F("statement_due_at"),
                ),
            ),
            models.CheckConstraint(
                name="violation_told_unless_new",
                condition=Q(state__in=[rules.DETECTED, rules.DROPPED])
                | Q(noticed_at__isnull=False),
            ),
            # The shop is heard first, but for an emergency.
            models.CheckConstraint(
                name="violation_heard_before_decided",
                condition=Q(decided_at=None)
                | Q(statement_due_at__isnull=False, decided_at__gte=F("statement_due_at"))
                | Q(emergency_at__isnull=False, decided_at__gte=F("emergency_at")),
            ),
            models.CheckConstraint(
                name="violation_decided_has_a_moment",
                condition=~Q(state__in=[rules.DECIDED, rules.EXECUTING])
                | Q(decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="violation_undecided_has_none",
                condition=~Q(state__in=[rules.DETECTED, rules.NOTICED, rules.DROPPED])
                | Q(decided_at=None),
            ),
            models.CheckConstraint(
                name="violation_ended_has_a_moment",
                condition=Q(state__in=[rules.ENDED, rules.DROPPED], ended_at__isnull=False)
                | (~Q(state__in=[rules.ENDED, rules.DROPPED]) & Q(ended_at=None, ended_why="")),
            ),
            # Two people declare an emergency, and neither has found the case.
            models.CheckConstraint(
                name="violation_emergency_by_two",
                condition=Q(emergency_at=None, emergency_second_by=None)
                | (
                    Q(
                        emergency_at__isnull=False,
                        emergency_first_by__isnull=False,
                        emergency_second_by__isnull=False,
                    )
                    & ~Q(emergency_first_by=F("emergency_second_by"))
                ),
            ),
            models.CheckConstraint(
                name="violation_emergency_by_others",
                condition=Q(detected_by=None)
                | (
                    (Q(emergency_first_by=None) | ~Q(emergency_first_by=F("detected_by")))
                    & (Q(emergency_second_by=None) | ~Q(emergency_second_by=F("detected_by")))
                ),
            ),
            models.CheckConstraint(
                name="violation_exam_has_an_end",
                condition=Q(exam_year=None, exam_due_at=None)
                | Q(exam_year__isnull=False, exam_due_at__isnull=False),
            ),
            models.CheckConstraint(name="violation_items", condition=Q(items__gte=1)),
            # One exam in place of a penalty a year.
            models.UniqueConstraint(
                name="violation_one_exam_a_year",
                fields=["shop", "exam_year"],
                condition=Q(exam_year__isnull=False),
            ),
        ]
        indexes = [
            # A shop's cases, newest first: its page and the replay of its points.
            models.Index(name="violation_of_shop", fields=["shop", "-id"]),
            # The back office's list by state, newest first.
            models.Index(name="violation_by_state", fields=["state", "-id"]),
            # Rates by rule.
            models.Index(name="violation_by_rule", fields=["rule_version"]),
            # What somebody found: their own list.
            models.Index(name="violation_found_by", fields=["detected_by", "-id"]),
        ]

    def __str__(self) -> str:
        return self.violation_no

    def may_state(self, now: datetime) -> bool:
        """Tell whether the statement period runs at ``now``; an emergency decision does not end it.

        Nor when it cost points alone, and the case ended with it.
        """
        open_states = {rules.NOTICED, rules.DECIDED, rules.EXECUTING}
        is_open = self.state in open_states or self.ended_why == EndReason.POINTS_ALONE
        due = self.statement_due_at
        return is_open and due is not None and now < due


class Statement(models.Model):
    """What a shop says before the decision (申辩), once; masked when written."""

    violation = models.OneToOneField(
        Violation, models.PROTECT, related_name="statement", verbose_name=_("violation")
    )
    text = models.TextField(_("statement"))
    by = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("statement")
        verbose_name_plural = _("statements")

    def __str__(self) -> str:
        return str(self.violation)


def case_file_path(file: "CaseFile", filename: str) -> str:
    """Return where the bytes lie: by id, so that a name never reaches the file system."""
    return f"cases/{file.uploaded_at:%Y/%m/%d}/{file.pk}"


class Part(models.TextChoices):
    """What a file belongs to."""

    NONE = "", _("nothing yet")
    EVIDENCE = "evidence", _("evidence of the house")
    STATEMENT = "statement", _("the statement")
    APPEAL = "appeal", _("the appeal")


class CaseFileQuerySet(models.QuerySet["CaseFile"]):
    def visible_to(self, user: User) -> "CaseFileQuerySet":
        """Files ``user`` may open: those of cases they see; what is attached to nothing, its uploader."""
        cases = Violation.objects.visible_to(user).values("pk")
        return self.filter(violation__in=cases).filter(~Q(part="") | Q(uploaded_by=user))


class CaseFile(models.Model):
    """A file of a case: evidence, or what a shop sends with its statement or appeal."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    violation = models.ForeignKey(
        Violation, models.PROTECT, related_name="files", verbose_name=_("violation")
    )
    part = models.CharField(_("belongs to"), max_length=9, choices=Part.choices, blank=True)
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
    file = models.FileField(upload_to=case_file_path, max_length=200)

    objects = CaseFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file of a case")
        verbose_name_plural = _("files of cases")

    def __str__(self) -> str:
        return self.name

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key("cfl", self.pk)


def works_for(user: Any, shop: Shop) -> bool:
    """Tell whether ``user`` works, or ever worked, for the merchant of ``shop``."""
    return StaffAccount.objects.filter(user=user, merchant=shop.merchant_id).exists()
