"""APASS memberships: their life, the codes that begin it, and who looks after them."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, User
from apass.membership import rules
from common.sealing import is_fingerprint_of

CODE_PURPOSE = "apass.code"


class MembershipState(models.TextChoices):
    """Where a membership is in its life; moves are ``rules.MOVES``."""

    CANDIDATE = rules.CANDIDATE, _("Candidate")
    APPROVED = rules.APPROVED, _("Approved")
    INVITED = rules.INVITED, _("Invited")
    ACTIVE = rules.ACTIVE, _("In force")
    REVIEW = rules.REVIEW, _("In review")
    LAPSED = rules.LAPSED, _("Lapsed")
    REJECTED = rules.REJECTED, _("Rejected")
    DECLINED = rules.DECLINED, _("Said no")
    EXPIRED = rules.EXPIRED, _("Invitation expired")
    DROPPED = rules.DROPPED, _("Dropped out")


class Origin(models.TextChoices):
    """How a membership came about."""

    LIST = "list", _("by the list")
    PERSON = "person", _("proposed by a person")
    FRIEND = "friend", _("by a friend's code")


class CodeKind(models.TextChoices):
    """For whom a code is."""

    OWN = "own", _("for the member invited")
    FRIEND = "friend", _("for a friend")


class MembershipQuerySet(models.QuerySet["Membership"]):
    def visible_to(self, user: User) -> "MembershipQuerySet":
        """Memberships ``user`` may see: the back office all, members what they were told of."""
        if user.can("admin.use") and user.has_perm("apass.view_membership"):
            return self
        return self.told().filter(member__user=user) if user.is_authenticated else self.none()

    def open(self) -> "MembershipQuerySet":
        """Those with a clock."""
        return self.filter(state__in=rules.OPEN)

    def running(self) -> "MembershipQuerySet":
        """Those whose member is one of APASS."""
        return self.filter(state__in=rules.RUNNING)

    def told(self) -> "MembershipQuerySet":
        """Those their member knows of: invited, or active since."""
        return self.filter(Q(invited_at__isnull=False) | Q(activated_at__isnull=False))


class Membership(models.Model):
    """A member's way through APASS (顶级会员), from candidate to the end of the last term.

    ``figures`` are what decided last, ``due_at`` is when the clock looks again: every open one has
    it. ``term`` counts from 1; a renewed one has the next.
    """

    member = models.ForeignKey(
        Member, models.CASCADE, related_name="apass_memberships", db_index=False,
        verbose_name=_("member"),
    )  # fmt: skip
    state = models.CharField(_("state"), max_length=10, choices=MembershipState.choices)
    since = models.DateTimeField(_("in this state since"))
    due_at = models.DateTimeField(_("clock"), null=True, blank=True)
    origin = models.CharField(_("came about"), max_length=8, choices=Origin.choices)
    figures = models.JSONField(_("figures"), default=dict)
    figures_at = models.DateTimeField(_("figures of"))
    made_at = models.DateTimeField(_("made at"))
    proposed_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+",
        verbose_name=_("proposed by"),
    )  # fmt: skip
    approved_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+",
        verbose_name=_("approved by"),
    )  # fmt: skip
    friend_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, db_index=False, related_name="friends",
        verbose_name=_("invited by"),
    )  # fmt: skip
    invited_at = models.DateTimeField(_("invited at"), null=True, blank=True)
    activated_at = models.DateTimeField(_("active since"), null=True, blank=True)
    term = models.PositiveSmallIntegerField(_("term"), default=0)
    term_began_at = models.DateTimeField(_("term began at"), null=True, blank=True)
    term_ends_at = models.DateTimeField(_("term ends at"), null=True, blank=True)
    lets_lapse = models.BooleanField(_("will not be renewed"), default=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("APASS membership")
        verbose_name_plural = _("APASS memberships")
        constraints = [
            models.UniqueConstraint(
                name="membership_one_open", fields=["member"], condition=Q(state__in=sorted(rules.OPEN))
            ),
            models.CheckConstraint(
                name="membership_open_has_a_clock",
                condition=Q(state__in=sorted(rules.OPEN), due_at__isnull=False, ended_at=None)
                | (~Q(state__in=sorted(rules.OPEN)) & Q(due_at=None, ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="membership_running_has_a_term",
                condition=~Q(state__in=sorted(rules.RUNNING))
                | Q(term__gte=1, activated_at__isnull=False, term_ends_at__gt=F("term_began_at")),
            ),
            models.CheckConstraint(
                name="membership_invited_has_a_moment",
                condition=~Q(state=rules.INVITED) | Q(invited_at__isnull=False),
            ),
        ]  # fmt: skip
        indexes = [
            # A member's memberships, newest first: their page, the desk's panel, the nightly list.
            models.Index(name="membership_of_member", fields=["member", "-id"]),
            # The back office's list by state, newest first.
            models.Index(name="membership_by_state", fields=["state", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.get_state_display()}"

    @property
    def is_running(self) -> bool:
        """Tell whether the member is one of APASS."""
        return self.state in rules.RUNNING

    @property
    def title_key(self) -> str:
        """The key of the title of the running term."""
        return f"membership:{self.pk}:{self.term}"


class InvitationCode(models.Model):
    """A code that makes somebody active, once: sent to who is invited, or given by a member to a friend.

    A code is a selector, by which it is found, and a secret, of which there is a digest alone.
    """

    kind = models.CharField(_("kind"), max_length=6, choices=CodeKind.choices)
    # Of who is invited, or of who gave it to a friend.
    membership = models.ForeignKey(
        Membership, models.CASCADE, related_name="codes", db_index=False, verbose_name=_("membership")
    )  # fmt: skip
    selector = models.CharField(max_length=8, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    # The words of the text to send, sealed; emptied once they are sent.
    sealed_text = models.TextField(blank=True, editable=False)
    made_at = models.DateTimeField(_("made at"))
    expires_at = models.DateTimeField(_("expires at"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)
    used_by = models.ForeignKey(
        Member, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+",
        verbose_name=_("used by"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("APASS code")
        verbose_name_plural = _("APASS codes")
        constraints = [
            models.CheckConstraint(
                name="invitationcode_lives", condition=Q(expires_at__gt=F("made_at"))
            ),
            models.CheckConstraint(
                name="invitationcode_used_has_a_moment",
                condition=Q(used_by=None) | Q(used_at__isnull=False),
            ),
        ]
        indexes = [
            # The codes of a membership: how many friends this year, which invitation runs.
            models.Index(name="invitationcode_of", fields=["membership", "kind", "made_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.made_at:%Y-%m-%d}"

    def is_it(self, secret: str) -> bool:
        """Tell, in constant time, whether ``secret`` is this code's."""
        return is_fingerprint_of(f"{self.selector}:{secret}", self.digest, purpose=CODE_PURPOSE)

    def is_over(self, now: datetime) -> bool:
        """Tell whether the code has expired."""
        return self.expires_at <= now


class ManagerAssignment(models.Model):
    """Who looks after a member of APASS (专属客服), with a deputy; one at a time."""

    member = models.ForeignKey(
        Member, models.CASCADE, related_name="manager_assignments", db_index=False,
        verbose_name=_("member"),
    )  # fmt: skip
    manager = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("manager")
    )
    deputy = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("deputy")
    )
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("APASS manager")
        verbose_name_plural = _("APASS managers")
        constraints = [
            # Also finds who looks after a member now.
            models.UniqueConstraint(
                name="managerassignment_one_open", fields=["member"], condition=Q(until=None)
            ),
            models.CheckConstraint(
                name="managerassignment_two_people", condition=~Q(manager=F("deputy"))
            ),
            models.CheckConstraint(
                name="managerassignment_forward", condition=Q(until=None) | Q(until__gte=F("since"))
            ),
        ]
        indexes = [
            # Whom a colleague looks after now, to hand on when they leave.
            models.Index(name="managerassignment_of", fields=["manager"], condition=Q(until=None)),
            # Who looked after a member at a moment.
            models.Index(name="managerassignment_at", fields=["member", "-since"]),
        ]

    def __str__(self) -> str:
        return f"{self.manager} / {self.deputy}"


class CandidateRun(models.Model):
    """One night's look over all members for candidates."""

    on = models.DateField(_("day"), primary_key=True)
    at = models.DateTimeField(_("at"))
    looked_at = models.PositiveIntegerField(_("members looked at"))
    found = models.PositiveIntegerField(_("candidates found"))
    dropped = models.PositiveIntegerField(_("candidates dropped"))
    seconds = models.FloatField(_("seconds"))

    class Meta:
        verbose_name = _("night's look for candidates")
        verbose_name_plural = _("nights' looks for candidates")

    def __str__(self) -> str:
        return f"{self.on:%Y-%m-%d}"


class Prospect(Member):
    """A member, looked at for APASS: what is met and what is missing."""

    class Meta:
        proxy = True
        verbose_name = _("eligibility for APASS")
        verbose_name_plural = _("eligibility for APASS")
