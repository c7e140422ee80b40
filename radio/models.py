from datetime import datetime

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Tier, User
from common.ids import public_key, uuid7
from common.models import SearchLine, line_indexes, stamp_changes
from radio import rules
from tickets.models import AuthorKind, Conversation


class ChannelQuerySet(models.QuerySet["Channel"]):
    def visible_to(self, user: User) -> "ChannelQuerySet":
        """Channels ``user`` may know of: open ones with ``radio.read``, private ones by their list."""
        if not user.is_authenticated or not user.can("radio.read"):
            return self.none()
        if user.can("radio.manage"):
            return self
        listed = Channel.people.through.objects.filter(channel=OuterRef("pk"), user=user.pk)
        return self.filter(Q(is_private=False) | Exists(listed))

    def on_air(self) -> "ChannelQuerySet":
        """Channels that bring out editions."""
        return self.filter(is_active=True)


class Channel(models.Model):
    """A theme of the radio with an edition on every working day (频道)."""

    code = models.SlugField(
        _("code"),
        max_length=40,
        unique=True,
        error_messages={"unique": _("There is a channel with this code already.")},
    )
    name = models.CharField(_("channel name"), max_length=40)
    description = models.CharField(_("what it is about"), max_length=200, blank=True)
    owner = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    is_private = models.BooleanField(
        _("private"), default=False, help_text=_("Only the listed people know that it exists.")
    )
    people = models.ManyToManyField(
        User, blank=True, related_name="private_channels", verbose_name=_("listed people")
    )
    is_active = models.BooleanField(_("on air"), default=True)
    # Days before it were not on air: nobody misses their editions.
    active_since = models.DateTimeField(_("on air since"), default=timezone.now)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """Who hears a channel (频道订阅); muted: shown in the list, but not counted or delivered."""

    user = models.ForeignKey(
        User, models.CASCADE, related_name="subscriptions", verbose_name=_("person")
    )
    channel = models.ForeignKey(
        Channel, models.CASCADE, related_name="subscriptions", verbose_name=_("channel")
    )
    subscribed_at = models.DateTimeField(_("since"), default=timezone.now)
    muted_at = models.DateTimeField(_("muted at"), null=True, blank=True)

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [
            models.UniqueConstraint(name="subscription_once", fields=["user", "channel"])
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.channel}"


class EditionQuerySet(models.QuerySet["Edition"]):
    def visible_to(self, user: User, now: datetime | None = None) -> "EditionQuerySet":
        """Editions ``user`` may read: of channels they know, from the very moment of ``publish_at``."""
        return self.published(now).filter(channel__in=Channel.objects.visible_to(user).values("pk"))

    def published(self, now: datetime | None = None) -> "EditionQuerySet":
        """Editions that are out, whether or not anybody has announced them yet."""
        return self.filter(publish_at__lte=now or timezone.now())

    def upcoming(self, now: datetime) -> "EditionQuerySet":
        """Editions that still take cases, the nearest first."""
        return self.filter(publish_at__gt=now).order_by(
            "publish_at", "channel__position", "channel_id"
        )


class Edition(models.Model):
    """What one channel brings out on one working day (期). Readers see it from ``publish_at`` on."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.ForeignKey(
        Channel, models.PROTECT, related_name="editions", verbose_name=_("channel"), db_index=False
    )
    day = models.DateField(_("day"))
    number = models.PositiveIntegerField(_("issue no."))
    publish_at = models.DateTimeField(_("out at"))
    aired_at = models.DateTimeField(_("announced at"), null=True, blank=True)

    # When the transaction began that wrote the row last; kept by the database.
    changed_at = models.DateTimeField(_("changed at"), db_default=Now(), editable=False)

    objects = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        constraints = [
            # Checked at commit: when the calendar changes, the days ahead are dealt out anew.
            models.UniqueConstraint(
                name="edition_once_a_day",
                fields=["channel", "day"],
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(name="edition_number_once", fields=["channel", "number"]),
            models.CheckConstraint(
                name="edition_aired_when_out",
                condition=Q(aired_at=None) | Q(aired_at__gte=F("publish_at")),
            ),
        ]
        indexes = [
            # The newest edition of a channel, and its past ones page by page.
            models.Index(name="edition_newest", fields=["channel", "-publish_at"]),
            # What is out and nobody has announced: the clock's question at its start.
            models.Index(
                name="edition_unannounced", fields=["publish_at"], condition=Q(aired_at=None)
            ),
        ]
        triggers = [stamp_changes()]

    def __str__(self) -> str:
        return f"{self.channel} {self.day}"

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key("edn", self.pk)

    def is_out(self, now: datetime) -> bool:
        """Tell whether readers may see it at ``now``."""
        return self.publish_at <= now


class CaseState(models.TextChoices):
    """What the kitchen decided."""

    PENDING = rules.PENDING, _("Waiting in the kitchen")
    SELECTED = rules.SELECTED, _("Selected")
    MERGED = rules.MERGED, _("Merged")
    REJECTED = rules.REJECTED, _("Returned")


class Severity(models.TextChoices):
    """How much it hurts."""

    RED = "red", _("Red")
    ORANGE = "orange", _("Orange")
    YELLOW = "yellow", _("Yellow")


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: User, now: datetime | None = None) -> "CaseQuerySet":
        """Cases ``user`` may see: one's own pushes, the kitchen's for screeners, what is out for readers."""
        if not user.is_authenticated:
            return self.none()
        if not user.can("radio.read"):
            # A partner's people push what they hear, and learn what became of it.
            return self.filter(pushed_by=user) if user.can("radio.submit_case") else self.none()
        if user.can("radio.manage"):
            return self
        out = EditionItem.objects.filter(
            case=OuterRef("pk"), edition__in=Edition.objects.visible_to(user, now).values("pk")
        )
        seen = Q(pushed_by=user) | Q(Exists(out))
        if user.can("radio.screen"):
            mine = EditionItem.objects.filter(
                case=OuterRef("pk"),
                edition__channel__in=Channel.objects.visible_to(user).values("pk"),
            )
            # A case selected for private channels alone is as private as they are.
            seen |= ~Q(state=CaseState.SELECTED) | Q(Exists(mine))
        return self.filter(seen)

    def pending(self) -> "CaseQuerySet":
        """The kitchen's list: the longest waiting first."""
        return self.filter(state=CaseState.PENDING).order_by("pushed_at", "id")


class Case(models.Model):
    """What an agent thinks the business should hear from one conversation (推送), masked."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.OneToOneField(
        Conversation, models.PROTECT, related_name="case", verbose_name=_("conversation")
    )
    headline = models.CharField(_("title"), max_length=rules.SUGGESTED_CHARACTERS)
    reason = models.TextField(_("why it should be heard"), max_length=rules.REASON_CHARACTERS)
    severity = models.CharField(
        _("severity"), max_length=8, choices=Severity.choices, blank=True, default=""
    )
    # How the customer stood when the case was pushed; the rest of the identity is not kept here.
    member_region = models.CharField(_("region"), max_length=40, blank=True)
    member_tier = models.CharField(_("tier"), max_length=8, choices=Tier.choices, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=CaseState.choices, default=CaseState.PENDING
    )
    pushed_by = models.ForeignKey(
        User,
        models.PROTECT,
        related_name="pushed_cases",
        verbose_name=_("pushed by"),
        db_index=False,
    )
    pushed_at = models.DateTimeField(_("pushed at"))
    screened_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("screened by")
    )
    screened_at = models.DateTimeField(_("screened at"), null=True, blank=True)
    reject_reason = models.TextField(_("why it was returned"), blank=True, default="")
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged",
        verbose_name=_("merged into"),
    )

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints = [
            models.CheckConstraint(
                name="case_screened_iff_decided",
                condition=Q(state="pending", screened_by=None, screened_at=None)
                | (~Q(state="pending") & Q(screened_by__isnull=False, screened_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="case_returned_iff_reason",
                condition=(Q(state="rejected") & ~Q(reject_reason=""))
                | (~Q(state="rejected") & Q(reject_reason="")),
            ),
            models.CheckConstraint(
                name="case_merged_iff_target",
                condition=Q(state="merged", merged_into__isnull=False)
                | (~Q(state="merged") & Q(merged_into=None)),
            ),
            models.CheckConstraint(
                name="case_never_screened_by_its_pusher",
                condition=Q(screened_by=None) | ~Q(screened_by=F("pushed_by")),
            ),
            models.CheckConstraint(
                name="case_selected_has_short_title",
                condition=~Q(state="selected")
                | Q(LessThanOrEqual(Length("headline"), rules.HEADLINE_CHARACTERS)),
            ),
        ]
        indexes = [
            # The kitchen: the longest waiting first.
            models.Index(
                name="case_pending", fields=["pushed_at", "id"], condition=Q(state="pending")
            ),
            # What became of mine, newest first.
            models.Index(name="case_of_pusher", fields=["pushed_by", "-id"]),
            # Back office list by state, newest first.
            models.Index(name="case_by_state", fields=["state", "-id"]),
        ]

    def __str__(self) -> str:
        return self.headline

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key("cas", self.pk)


class CaseQuote(models.Model):
    """One line of the conversation in somebody's own words, masked before it was stored (原声)."""

    case = models.ForeignKey(
        Case, models.CASCADE, related_name="quotes", verbose_name=_("case"), db_index=False
    )
    seq = models.IntegerField(_("message no."))
    speaker_kind = models.CharField(_("speaker"), max_length=8, choices=AuthorKind.choices)
    speaker_name = models.CharField(_("who said it"), max_length=64, blank=True)
    body = models.TextField(_("text"))
    said_at = models.DateTimeField(_("said at"))

    class Meta:
        verbose_name = _("quote")
        verbose_name_plural = _("quotes")
        ordering = ["case", "seq"]
        constraints = [models.UniqueConstraint(name="quote_once", fields=["case", "seq"])]

    def __str__(self) -> str:
        return self.body[:40]


class CaseLine(SearchLine):
    """What a case is found by: its title, why it should be heard, and its quotes."""

    case = models.OneToOneField(
        Case, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="+"
    )

    class Meta:
        indexes = line_indexes("caseline")


class EditionItem(models.Model):
    """One case in one edition; a case may stand in several channels' editions."""

    edition = models.ForeignKey(
        Edition, models.PROTECT, related_name="items", verbose_name=_("edition"), db_index=False
    )
    case = models.ForeignKey(Case, models.PROTECT, related_name="items", verbose_name=_("case"))
    position = models.PositiveSmallIntegerField(_("position"))

    class Meta:
        verbose_name = _("story")
        verbose_name_plural = _("stories")
        ordering = ["edition", "position"]
        constraints = [
            models.UniqueConstraint(name="item_once_an_edition", fields=["edition", "case"]),
            models.UniqueConstraint(name="item_position_once", fields=["edition", "position"]),
        ]

    def __str__(self) -> str:
        return f"{self.edition} {self.position}"


class Reading(models.Model):
    """That a case reached a person, once however many of their channels carry it, and when it was read."""

    user = models.ForeignKey(
        User, models.CASCADE, related_name="readings", verbose_name=_("person"), db_index=False
    )
    case = models.ForeignKey(Case, models.CASCADE, related_name="readings", verbose_name=_("case"))
    # The edition through which it reached the person first.
    edition = models.ForeignKey(
        Edition, models.CASCADE, related_name="readings", verbose_name=_("edition")
    )
    delivered_at = models.DateTimeField(_("delivered at"))
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    class Meta:
        verbose_name = _("reading")
        verbose_name_plural = _("readings")
        constraints = [models.UniqueConstraint(name="reading_once", fields=["user", "case"])]

    def __str__(self) -> str:
        return f"{self.user} {self.case}"


class FeedToken(models.Model):
    """The secret address under which one person's feed reader fetches one channel. Only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        User, models.CASCADE, related_name="feed_tokens", verbose_name=_("person")
    )
    channel = models.ForeignKey(
        Channel, models.CASCADE, related_name="feed_tokens", verbose_name=_("channel")
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("issued at"), default=timezone.now)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("feed address")
        verbose_name_plural = _("feed addresses")
        constraints = [
            # One living address per person and channel: a new one replaces the old one.
            models.UniqueConstraint(
                name="feed_token_one_living",
                fields=["user", "channel"],
                condition=Q(revoked_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.channel}"
