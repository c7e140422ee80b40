import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Member, User, own_elsewhere, own_members
from common.ids import public_key, short_code, uuid7
from common.models import stamp_changes
from merchants.models import Shop
from trade.models import Order
from workforce.models import Team

PREFIX = "cnv"


def conversation_topic(key: uuid.UUID) -> str:
    """Return the bus topic of a conversation; what comes after the dot is what clients call it."""
    return f"conversation.{public_key(PREFIX, key)}"


def notes_topic(key: uuid.UUID) -> str:
    """Return the bus topic of a conversation's notes and viewers."""
    return f"notes.{public_key(PREFIX, key)}"


# What decides whether somebody's wish still fits: who has it, where it stands, what the requester
# said last. Receipts and counters do not.
_VERSION = (
    "state", "owner_id", "team_id", "accepted_at", "resolved_at", "reopened_count", "last_member_seq",
)  # fmt: skip


def version_of(row: Mapping[str, Any]) -> str:
    """Return the version of a conversation's row: two people who have seen the same one agree."""
    facts = repr([row[name] for name in _VERSION])
    return hashlib.blake2b(facts.encode(), digest_size=8).hexdigest()


class Medium(models.TextChoices):
    """How a requester reached us (渠道)."""

    APP = "app", _("App")
    WEB = "web", _("Web")
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")


class State(models.TextChoices):
    """Where a conversation is: in a queue, with an agent, or done."""

    WAITING = "waiting", _("Waiting in the queue")
    OPEN = "open", _("With an agent")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")


class WhyReturned(models.TextChoices):
    """Why a conversation went back into its queue, as its history keeps it."""

    LEFT_THE_DESK = "left_the_desk", _("The owner left the desk")
    OWN_CASE = "own_case", _("The owner is who asked")
    LIMITED = "limited", _("Contact is limited, and the owner is not of our desk")


class Disposition(models.Model):
    """What came of a conversation (处理结果): the code an agent chooses at wrap-up."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(pgettext_lazy("of a thing", "name"), max_length=60)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("disposition")
        verbose_name_plural = _("dispositions")
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name


def _work_of(user: User) -> Q:
    teams = user.memberships.values("team_id")
    if user.is_partner_agent:
        # What has left their partner's teams is no longer theirs to see, whoever had it first.
        return Q(team__in=Team.objects.of_partner_of(user).filter(pk__in=teams).values("pk"))
    return Q(owner=user) | Q(first_owner=user) | Q(team__in=teams)


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user: User) -> "ConversationQuerySet":
        """Conversations ``user`` may see: a member's own; an agent's own and the teams' queues and work.

        Those of a member who has asked to be erased are seen by who handles that alone; what somebody
        asks under another account is not theirs to see at work.
        """
        if not user.is_authenticated:
            return self.none()
        if user.can("personal_data.handle"):
            return self.exclude(member__in=own_elsewhere(user))
        rows = self.of_findable_members()
        if user.can("tickets.see_all"):
            return rows.exclude(member__in=own_elsewhere(user))
        return rows.spoken_with(user)

    def for_work_of(self, user: User) -> "ConversationQuerySet":
        """Conversations ``user`` may see as staff: never one's own case, under whatever account."""
        return self.visible_to(user).exclude(member__in=own_members(user))

    def spoken_with(self, user: User) -> "ConversationQuerySet":
        """Conversations in which ``user`` is a party: the member, or the desk whose work it is."""
        if not user.is_authenticated:
            return self.none()
        if not user.can("desk.use"):
            return self.filter(member__user_id=user.pk)
        # Asked as a list of members, not joined: a join inside an OR hides every index.
        own = Q(member__in=Member.objects.filter(user=user).values("pk"))
        return self.filter(own | _work_of(user)).exclude(member__in=own_elsewhere(user))

    def worked_on_by(self, user: User) -> "ConversationQuerySet":
        """Conversations that are ``user``'s work at the desk: owned, first asked, or of their teams."""
        return self.filter(_work_of(user))

    def of_findable_members(self) -> "ConversationQuerySet":
        """Leave out the members who have asked to be erased: a handful at any time."""
        return self.exclude(member__in=Member.objects.hidden().values("pk"))

    def waiting(self) -> "ConversationQuerySet":
        """The queue: priority first, then who waits longest."""
        return self.filter(state=State.WAITING).order_by("priority", "queued_at", "id")

    def owned_by(self, user: User) -> "ConversationQuerySet":
        """What ``user`` is answering now."""
        return self.filter(state=State.OPEN, owner=user)


def new_conversation_no() -> str:
    """Return a number people can read aloud and nobody can guess."""
    return f"C-{short_code(uuid7())}"


class Conversation(models.Model):
    """A thread of messages between one requester and the service (会话).

    While it is waiting it is in its team's queue, while it is open it has exactly one owner.
    Message counters and the last-message columns are written by the posting statement alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation_no = models.CharField(
        _("conversation no."), max_length=40, unique=True, default=new_conversation_no
    )
    medium = models.CharField(_("medium"), max_length=8, choices=Medium.choices, default=Medium.APP)
    member = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, verbose_name=_("member"), db_index=False
    )
    shop = models.ForeignKey(Shop, models.PROTECT, null=True, blank=True, verbose_name=_("shop"))
    order = models.ForeignKey(
        Order,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("order"),
        related_name="conversations",
    )
    team = models.ForeignKey(Team, models.PROTECT, verbose_name=_("team"), db_index=False)
    subject = models.CharField(_("about"), max_length=120, blank=True)
    priority = models.PositiveSmallIntegerField(_("priority"), default=4)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    owner = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="owned_conversations",
        verbose_name=_("owner"),
        db_index=False,
    )
    first_owner = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="first_owned_conversations",
        verbose_name=_("first asked"),
    )
    disposition = models.ForeignKey(
        Disposition, models.PROTECT, null=True, blank=True, verbose_name=_("disposition")
    )
    reopened_count = models.PositiveSmallIntegerField(_("times reopened"), default=0)

    opened_at = models.DateTimeField(_("opened at"))
    queued_at = models.DateTimeField(_("queued at"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    first_responded_at = models.DateTimeField(_("first answered at"), null=True, blank=True)
    # Since when the requester has been waiting for our next word; empty when it is their turn.
    waiting_since = models.DateTimeField(_("waiting since"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    last_seq = models.IntegerField(pgettext_lazy("how many", "messages"), default=0)
    last_member_seq = models.IntegerField(default=0)
    last_message_at = models.DateTimeField(_("last message at"), null=True, blank=True)
    last_author_kind = models.CharField(max_length=8, blank=True)
    last_message_kind = models.CharField(max_length=16, blank=True)
    last_preview = models.CharField(_("last message"), max_length=120, blank=True)
    staff_unread = models.IntegerField(default=0)
    member_unread = models.IntegerField(default=0)
    staff_read_seq = models.IntegerField(default=0)
    member_read_seq = models.IntegerField(default=0)
    staff_delivered_seq = models.IntegerField(default=0)
    member_delivered_seq = models.IntegerField(default=0)

    # What the member's contact blocks limit here; the posting statement asks the row it holds anyway.
    limited_until = models.DateTimeField(_("limited until"), null=True, blank=True)
    limited_to_text = models.BooleanField(_("text only"), default=False, db_default=False)
    limited_slow_seconds = models.PositiveIntegerField(
        _("seconds between two messages"), default=0, db_default=0
    )

    # When the transaction began that wrote the row last; kept by the database.
    changed_at = models.DateTimeField(_("changed at"), db_default=Now(), editable=False)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = [
            models.CheckConstraint(
                name="conversation_one_owner_or_queue",
                condition=(
                    Q(state=State.WAITING, owner=None, queued_at__isnull=False)
                    | Q(state=State.OPEN, owner__isnull=False, queued_at=None)
                    | Q(state__in=[State.RESOLVED, State.CLOSED], queued_at=None)
                ),
            ),
            models.CheckConstraint(
                name="conversation_resolved_iff_done",
                condition=Q(state__in=[State.WAITING, State.OPEN], resolved_at=None)
                | Q(state__in=[State.RESOLVED, State.CLOSED], resolved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="conversation_read_within", condition=Q(member_read_seq__lte=F("last_seq"))
            ),
        ]
        indexes = [
            # The queue of a team: priority, then longest wait.
            models.Index(
                name="conversation_queue",
                fields=["team", "priority", "queued_at"],
                condition=Q(state="waiting"),
            ),
            # An agent's own open conversations.
            models.Index(name="conversation_owned", fields=["owner"], condition=Q(state="open")),
            # What an agent has finished, newest first (desk, past).
            models.Index(
                name="conversation_done_by",
                fields=["owner", "-id"],
                condition=Q(state__in=["resolved", "closed"]),
            ),
            # The talks about a shop's orders that go on: where it may offer something, its manager's figures.
            models.Index(
                name="conversation_live_of_shop",
                fields=["shop", "-last_message_at"],
                condition=Q(state__in=["waiting", "open"]),
            ),
            # How many an agent has taken since midnight (desk).
            models.Index(name="conversation_taken", fields=["owner", "accepted_at"]),
            # A member's conversations, newest first (desk panel, /me/).
            models.Index(name="conversation_of_member", fields=["member", "-id"]),
            # Back office list by state, newest first.
            models.Index(name="conversation_by_state", fields=["state", "-id"]),
            # How long people waited lately: the expected wait.
            models.Index(name="conversation_accepted", fields=["team", "accepted_at"]),
        ]
        triggers = [stamp_changes()]

    def __str__(self) -> str:
        return self.conversation_no

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key(PREFIX, self.pk)

    # The versions a client has seen, when it makes its wish depend on them (``If-Match``).
    seen_versions: frozenset[str] | None = None

    @property
    def version(self) -> str:
        """What ``seen_versions`` of a wish is compared with."""
        return version_of({name: getattr(self, name) for name in _VERSION})

    @property
    def topic(self) -> str:
        """The bus topic both sides hear."""
        return conversation_topic(self.pk)

    @property
    def notes_topic(self) -> str:
        """The bus topic that staff alone hear: notes, viewers."""
        return notes_topic(self.pk)

    def is_limited(self, now: datetime) -> bool:
        """Tell whether the member's contact is limited at ``now``."""
        return self.limited_until is not None and self.limited_until > now

    @property
    def is_live(self) -> bool:
        """Tell whether somebody is waiting or answering."""
        return self.state in {State.WAITING, State.OPEN}
