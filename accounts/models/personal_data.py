"""Who looked at whose data, what members ask of us about their data, and what became of it."""

from datetime import datetime

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.models.people import Member, User, own_members
from common.ids import short_code, uuid7


class AccessKind(models.TextChoices):
    """How somebody came to a member's data."""

    REVEAL = "reveal", _("Shown unmasked")
    PAGE = "page", _("Member's page opened")
    CONVERSATION = "conversation", _("Conversation of another team opened")
    COPY = "copy", _("Copy downloaded")


class PersonalField(models.TextChoices):
    """What of a member can be shown unmasked, one at a time."""

    PHONE = "phone", _("phone")
    NAME = "name", _("name")
    REGION = "region", _("region")
    TEXT = "text", _("what was said")


class Purpose(models.TextChoices):
    """Why somebody looked, in words that the member reads."""

    CALL_BACK = "call_back", _("To call you back")
    DELIVERY = "delivery", _("To check a delivery")
    IDENTITY = "identity", _("To make sure it is you")
    DISPUTE = "dispute", _("To settle a dispute")
    INSPECTION = "inspection", _("To check our own work")
    OTHER = "other", _("To deal with your request")


class AccessQuerySet(models.QuerySet["PersonalDataAccess"]):
    def visible_to(self, user: User) -> "AccessQuerySet":
        """What ``user`` may read of the log: auditors and the back office all of it, members who saw theirs."""
        if user.can("history.read") or user.can("personal_data.handle"):
            return self
        mine = Member.objects.filter(user_id=user.pk).values("pk")
        return self.filter(member__in=mine) if user.is_authenticated else self.none()

    def for_work_of(self, user: User) -> "AccessQuerySet":
        """What ``user`` may read of the log at work: never who looked at themselves."""
        return self.visible_to(user).exclude(member__in=own_members(user))


class PersonalDataAccess(models.Model):
    """One look at one member's data (查看记录): who, which field, why. Never changed.

    Reveals have a row each; reading a page or another team's conversation has one a day, for one
    person and thing. The database itself refuses to forget a row before the law allows it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("how"), max_length=12, choices=AccessKind.choices)
    # No database constraints: people may be erased, the log keeps the number.
    actor = models.ForeignKey(
        User,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("by"),
    )
    # As what they looked: roles and teams change, the log does not.
    actor_role = models.CharField(_("role"), max_length=24, blank=True)
    actor_team = models.CharField(_("team"), max_length=60, blank=True)
    member = models.ForeignKey(
        Member,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("member"),
    )
    field = models.CharField(_("what"), max_length=12, choices=PersonalField.choices, blank=True)
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose.choices, blank=True)
    reason = models.TextField(_("reason"), blank=True, default="")
    conversation = models.UUIDField(_("conversation"), null=True, blank=True)
    address = models.CharField(_("network address"), max_length=64, blank=True)
    # Set where one row a day is enough: the day in Shanghai.
    day = models.DateField(_("day"), null=True, blank=True)

    objects = AccessQuerySet.as_manager()

    class Meta:
        verbose_name = _("access to personal data")
        verbose_name_plural = _("access log")
        constraints = [
            models.UniqueConstraint(
                name="access_once_a_day",
                fields=["actor", "member", "kind", "conversation", "day"],
                condition=Q(day__isnull=False),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="access_reveal_says_what_and_why",
                condition=~Q(kind="reveal") | (~Q(field="") & ~Q(reason="")),
            ),
        ]
        indexes = [
            # "Who saw my data": a member's page, newest first.
            models.Index(name="access_of_member", fields=["member", "-id"]),
            # What one person looked at: the auditor's page, and the budget of today.
            models.Index(name="access_by_actor", fields=["actor", "kind", "-id"]),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update),
            pgtrigger.Protect(
                name="kept_as_long_as_the_law_says",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Condition(
                    f"OLD.at > now() - interval '{rules.ACCESS_LOG_DAYS} days'"
                ),
            ),
            pgtrigger.Trigger(
                name="no_truncate",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                func="RAISE EXCEPTION 'the access log is append-only: % cannot be emptied', TG_TABLE_NAME;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.field}".strip()


class RequestKind(models.TextChoices):
    """What a member asks about their data."""

    COPY = "copy", _("A copy of my data")
    ERASURE = "erasure", _("Delete my data")
    CORRECTION = "correction", _("Correct my data")


class RequestState(models.TextChoices):
    """How far a request is."""

    ASKED = rules.ASKED, _("Asked")
    IN_PROGRESS = rules.IN_PROGRESS, _("Being worked on")
    READY = rules.READY, _("Ready to download")
    DONE = rules.DONE, _("Done")
    REFUSED = rules.REFUSED, _("Declined")
    CANCELLED = rules.CANCELLED, _("Withdrawn")


class LegalGround(models.TextChoices):
    """On what the house may refuse, in the law's words."""

    IDENTITY = "identity", _("We could not make sure that it is you")
    RUNNING = "running", _("An order, a dispute or a talk is still running")
    HOLD = "hold", _("An authority or a court has ordered us to keep it")
    LAW = "law", _("A law obliges us to keep it as it is")
    RIGHT = "right", _("The data is right as it is")


class Stage(models.TextChoices):
    """How far an erasure is: each stage leaves less."""

    NONE = "", _("not begun")
    HIDDEN = "hidden", _("hidden, sign-in closed")
    PSEUDONYMISED = "pseudonymised", _("made nameless")
    ERASED = "erased", _("erased")


def new_request_no() -> str:
    """Return a number the member can write down and nobody can guess."""
    return f"P-{short_code(uuid7())}"


class RequestQuerySet(models.QuerySet["PersonalDataRequest"]):
    def visible_to(self, user: User) -> "RequestQuerySet":
        """Requests ``user`` may see: one's own; those who handle them and auditors see all."""
        if user.can("personal_data.handle") or user.can("history.read"):
            return self
        mine = Member.objects.filter(user_id=user.pk).values("pk")
        return self.filter(member__in=mine) if user.is_authenticated else self.none()

    def for_work_of(self, user: User) -> "RequestQuerySet":
        """Requests ``user`` may see at work: never one's own."""
        return self.visible_to(user).exclude(member__in=own_members(user))

    def open(self) -> "RequestQuerySet":
        """Requests that still run against their deadline."""
        return self.filter(state__in=rules.OPEN_REQUESTS)


def package_path(request: "PersonalDataRequest", filename: str) -> str:
    """Return where a copy lies: by its id, under no address."""
    return f"personal-data/{request.pk.hex}/{filename}"


class PersonalDataRequest(models.Model):
    """What a member asks about their own data (个人信息请求): a copy, erasure, a correction.

    It has a legal deadline in working days; every move is an action with history. It outlives the
    member it is about, with nothing personal left in it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request_no = models.CharField(
        _("request no."), max_length=20, unique=True, default=new_request_no
    )
    member = models.ForeignKey(
        Member,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("member"),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=RequestKind.choices)
    state = models.CharField(
        _("state"), max_length=12, choices=RequestState.choices, default=RequestState.ASKED
    )
    field = models.CharField(_("what"), max_length=12, choices=PersonalField.choices, blank=True)
    # What the member would like to read instead (correction). Emptied when it is decided.
    wish = models.CharField(_("wanted"), max_length=200, blank=True)
    asked_at = models.DateTimeField(_("asked at"))
    due_at = models.DateTimeField(_("due at"))
    started_at = models.DateTimeField(_("begun at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    handled_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("handled by"),
    )
    ground = models.CharField(
        _("legal ground"), max_length=12, choices=LegalGround.choices, blank=True
    )
    answer = models.TextField(_("answer to the member"), blank=True, default="")
    # How far the background work is: the store it is at, and where in it.
    progress = models.JSONField(_("progress"), default=dict, blank=True)

    package = models.FileField(_("package"), upload_to=package_path, max_length=200, blank=True)
    package_size = models.BigIntegerField(_("bytes"), null=True, blank=True)
    package_sha256 = models.CharField(_("fingerprint"), max_length=64, blank=True)
    package_expires_at = models.DateTimeField(_("package kept until"), null=True, blank=True)
    stage = models.CharField(_("stage"), max_length=14, choices=Stage.choices, blank=True)
    # Whether hiding the member closed their account: one that was closed before stays so.
    closed_account = models.BooleanField(_("closed the account"), default=False, editable=False)

    objects = RequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("personal data request")
        verbose_name_plural = _("personal data requests")
        constraints = [
            # Asking twice is asking once.
            models.UniqueConstraint(
                name="request_one_open_of_a_kind",
                fields=["member", "kind"],
                condition=Q(state__in=["asked", "in_progress"]),
            ),
            models.CheckConstraint(
                name="request_refused_iff_ground",
                condition=(Q(state="refused") & ~Q(ground="") & ~Q(answer=""))
                | (~Q(state="refused") & Q(ground="")),
            ),
            models.CheckConstraint(
                name="request_ready_has_package",
                condition=~Q(state="ready")
                | (~Q(package="") & Q(package_expires_at__isnull=False)),
            ),
        ]
        indexes = [
            # A member's own requests, newest first.
            models.Index(name="request_of_member", fields=["member", "-id"]),
            # What is due next: the back office's list and its badge.
            models.Index(
                name="request_open_by_due",
                fields=["due_at"],
                condition=Q(state__in=["asked", "in_progress"]),
            ),
        ]

    def __str__(self) -> str:
        return self.request_no

    @property
    def is_open(self) -> bool:
        """Tell whether it still runs against its deadline."""
        return self.state in rules.OPEN_REQUESTS

    def is_late(self, now: datetime) -> bool:
        """Tell whether the legal deadline has passed while it still runs."""
        return self.is_open and now > self.due_at


class HoldQuerySet(models.QuerySet["LegalHold"]):
    def for_work_of(self, user: User) -> "HoldQuerySet":
        """Holds ``user`` may see at work: never of their own data."""
        return self.exclude(member__in=own_members(user))


class LegalHold(models.Model):
    """An order to keep one member's data (冻结留存): while it stands, nothing of theirs is erased."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # No database constraint: that there was a hold stays known when the member is gone.
    member = models.ForeignKey(
        Member,
        models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        verbose_name=_("member"),
    )
    ordered_by = models.CharField(_("ordered by"), max_length=200)
    placed_at = models.DateTimeField(_("since"), default=timezone.now)
    placed_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("entered by")
    )
    lifted_at = models.DateTimeField(_("lifted at"), null=True, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        constraints = [
            models.UniqueConstraint(
                name="hold_one_at_a_time", fields=["member"], condition=Q(lifted_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.ordered_by


class CertificateQuerySet(models.QuerySet["ErasureCertificate"]):
    def for_work_of(self, user: User) -> "CertificateQuerySet":
        """Certificates ``user`` may see at work: never of their own data."""
        return self.exclude(request__member__in=own_members(user))


class ErasureCertificate(models.Model):
    """What was erased of one member, and what the law still keeps until when (删除证明). Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(_("certificate no."), max_length=24)
    request = models.ForeignKey(
        PersonalDataRequest,
        models.PROTECT,
        related_name="certificates",
        verbose_name=_("personal data request"),
    )
    stage = models.CharField(_("stage"), max_length=14, choices=Stage.choices)
    issued_at = models.DateTimeField(_("issued at"))
    # Rows changed or deleted, by store.
    counts = models.JSONField(_("rows"), default=dict)
    # What is still kept: store to the last day on which it may be.
    kept = models.JSONField(_("still kept"), default=dict)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = _("erasure certificate")
        verbose_name_plural = _("erasure certificates")
        constraints = [
            models.UniqueConstraint(name="certificate_once_a_stage", fields=["request", "stage"])
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return self.number
