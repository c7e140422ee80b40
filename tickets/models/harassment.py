"""What is known of harassment: cases that agents mark, and the limits that follow a confirmed one."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, User
from common.ids import public_key, uuid7
from tickets.models.conversations import Conversation
from tickets.rules import harassment as rules

CASE_PREFIX, BLOCK_PREFIX = "hrc", "blk"


class Grade(models.IntegerChoices):
    """How bad it was (H0 to H3)."""

    CALM = rules.CALM, _("H0 angry: calm down, solve it")
    WARN = rules.WARN, _("H1 insults: first warning")
    WARN_AGAIN = rules.WARN_AGAIN, _("H2 again: second warning, the lead is told")
    END = rules.END, _("H3 threats, sexual talk, or again: contact ends")


class Ground(models.TextChoices):
    """What the member did."""

    ANGRY = rules.ANGRY, _("Angry words")
    INSULT = rules.INSULT, _("Insults")
    THREAT = rules.THREAT, _("Threats")
    SEXUAL = rules.SEXUAL, _("Sexual talk")


class CaseState(models.TextChoices):
    """Where a case is."""

    MARKED = "marked", _("Marked")
    CONFIRMED = "confirmed", _("Confirmed")
    DISMISSED = "dismissed", _("Dismissed")
    ENDED = "ended", _("Ended")


class End(models.TextChoices):
    """Why limits ended."""

    EXPIRED = "expired", _("Their time was over")
    LIFTED = "lifted", _("Lifted early")
    APPEAL = "appeal", _("The appeal was upheld")


class Appeal(models.TextChoices):
    """Where an appeal is."""

    NONE = "", _("No appeal")
    FILED = "filed", _("Waiting for an answer")
    UPHELD = "upheld", _("Upheld: the limits are taken back")
    REJECTED = "rejected", _("Not upheld")


class HarassmentCaseQuerySet(models.QuerySet["HarassmentCase"]):
    def visible_to(self, user: User) -> "HarassmentCaseQuerySet":
        """Cases ``user`` may see: staff, those of their work; never about themselves."""
        if not (user.can("desk.use") or user.can("tickets.see_all")):
            return self.none()
        talks = Conversation.objects.for_work_of(user).values("pk")
        return self.filter(conversation__in=talks)

    def to_confirm(self) -> "HarassmentCaseQuerySet":
        """Cases that wait for a second person."""
        return self.filter(state=CaseState.MARKED, grade=Grade.END)


class HarassmentCase(models.Model):
    """What a member did to an agent, as the agent marked it and a second person judged it (骚扰)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(
        Member, models.PROTECT, related_name="harassment_cases", db_index=False,
        verbose_name=_("member"),
    )  # fmt: skip
    conversation = models.ForeignKey(
        Conversation, models.PROTECT, related_name="harassment_cases",
        verbose_name=_("conversation"),
    )  # fmt: skip
    grade = models.PositiveSmallIntegerField(_("grade"), choices=Grade.choices)
    ground = models.CharField(_("what happened"), max_length=8, choices=Ground.choices)
    quoted_seqs: Any = ArrayField(
        models.PositiveIntegerField(), default=list, verbose_name=_("quoted messages")
    )
    reason = models.TextField(_("why"))
    marked_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("marked by")
    )
    marked_at = models.DateTimeField(_("marked at"))
    state = models.CharField(
        _("state"), max_length=10, choices=CaseState.choices, default=CaseState.MARKED
    )
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False,
        verbose_name=_("decided by"),
    )  # fmt: skip
    decided_at = models.DateTimeField(_("decided at"), null=True)
    decision_reason = models.TextField(_("why so decided"), blank=True)
    # Whether there is a real request in the conversation, which is dealt with all the same.
    has_request = models.BooleanField(_("with a real request"), null=True)
    rest_until = models.DateTimeField(_("rest offered until"), null=True)
    rest_taken_at = models.DateTimeField(_("rest taken at"), null=True)

    objects = HarassmentCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("harassment case")
        verbose_name_plural = _("harassment cases")
        constraints = [
            models.CheckConstraint(
                name="harassmentcase_decided_by_somebody",
                condition=Q(state="marked", decided_by=None, decided_at=None)
                | (~Q(state="marked") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="harassmentcase_by_two",
                condition=Q(decided_by=None) | ~Q(decided_by=F("marked_by")),
            ),
            models.CheckConstraint(
                name="harassmentcase_only_the_worst_is_confirmed",
                condition=Q(grade=rules.END) | Q(state__in=["marked", "dismissed"]),
            ),
            models.UniqueConstraint(
                name="harassmentcase_one_to_confirm",
                fields=["conversation"],
                condition=Q(state="marked", grade=rules.END),
            ),
        ]
        indexes = [
            # A member's warnings and blocks (marking, the desk's panel), newest first.
            models.Index(name="harassmentcase_of_member", fields=["member", "-id"]),
            # Back office list by state, newest first; what waits for a second person.
            models.Index(name="harassmentcase_by_state", fields=["state", "-id"]),
            # Whose rest is still offered (the desk).
            models.Index(
                name="harassmentcase_rest",
                fields=["marked_by", "rest_until"],
                condition=Q(rest_until__isnull=False, rest_taken_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"H{self.grade} {self.get_ground_display()}"

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key(CASE_PREFIX, self.pk)

    @property
    def waits_for_confirmation(self) -> bool:
        """Tell whether a second person has to judge it before anything follows."""
        return self.state == CaseState.MARKED and self.grade == Grade.END


class ContactBlockQuerySet(models.QuerySet["ContactBlock"]):
    def visible_to(self, user: User) -> "ContactBlockQuerySet":
        """Blocks ``user`` may see: their own as a member, and those of their work."""
        return self.of_member_of(user) | self.for_work_of(user)

    def of_member_of(self, user: User) -> "ContactBlockQuerySet":
        """Blocks of the member that ``user`` is under this account, for their own page."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(member__in=Member.objects.filter(user=user).values("pk"))

    def for_work_of(self, user: User) -> "ContactBlockQuerySet":
        """Blocks that ``user`` may see as staff: never their own, under whatever account."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(case__in=HarassmentCase.objects.visible_to(user).values("pk"))

    def running(self) -> "ContactBlockQuerySet":
        """Blocks that have not been ended."""
        return self.filter(ended_at=None)


class ContactBlock(models.Model):
    """How a member may reach us for a while after a confirmed case (黑名单): told, timed, open to appeal."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.OneToOneField(
        HarassmentCase, models.PROTECT, related_name="block", verbose_name=_("case")
    )
    member = models.ForeignKey(
        Member, models.PROTECT, related_name="contact_blocks", db_index=False,
        verbose_name=_("member"),
    )  # fmt: skip
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"))
    text_only = models.BooleanField(_("text only"))
    slow_seconds = models.PositiveIntegerField(_("seconds between two messages"))
    no_new = models.BooleanField(_("no new chats"))
    ended_at = models.DateTimeField(_("ended at"), null=True)
    ended_why = models.CharField(_("how it ended"), max_length=8, choices=End.choices, blank=True)
    ended_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False,
        verbose_name=_("ended by"),
    )  # fmt: skip
    appeal = models.CharField(
        _("appeal"), max_length=8, choices=Appeal.choices, blank=True, default=Appeal.NONE
    )
    appeal_text = models.TextField(_("what the member says"), blank=True)
    appealed_at = models.DateTimeField(_("appealed at"), null=True)
    appeal_decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False,
        verbose_name=_("appeal decided by"),
    )  # fmt: skip
    appeal_decided_at = models.DateTimeField(_("appeal decided at"), null=True)
    appeal_answer = models.TextField(_("answer to the appeal"), blank=True)

    objects = ContactBlockQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact block")
        verbose_name_plural = _("contact blocks")
        constraints = [
            models.CheckConstraint(name="contactblock_forward", condition=Q(until__gt=F("since"))),
            models.CheckConstraint(
                name="contactblock_ended_has_a_why",
                condition=Q(ended_at=None, ended_why="")
                | (Q(ended_at__isnull=False) & ~Q(ended_why="")),
            ),
            models.CheckConstraint(
                name="contactblock_appeal_has_a_day",
                condition=Q(appeal="", appealed_at=None)
                | (~Q(appeal="") & Q(appealed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="contactblock_appeal_is_decided_by_somebody",
                condition=Q(appeal__in=["", "filed"], appeal_decided_by=None)
                | Q(appeal__in=["upheld", "rejected"], appeal_decided_by__isnull=False),
            ),
        ]
        indexes = [
            # What is in force for a member who begins a conversation.
            models.Index(
                name="contactblock_in_force", fields=["member"], condition=Q(ended_at=None)
            ),
            # A member's own list (/me/, REST), newest first.
            models.Index(name="contactblock_of_member", fields=["member", "-id"]),
            # Appeals that wait for an answer (back office).
            models.Index(
                name="contactblock_appeals", fields=["appealed_at"], condition=Q(appeal="filed")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d} – {self.until:%Y-%m-%d}"

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key(BLOCK_PREFIX, self.pk)

    @property
    def is_running(self) -> bool:
        """Tell whether it has not been ended."""
        return self.ended_at is None
