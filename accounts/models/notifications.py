import hashlib
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.devices import Device
from accounts.models.people import User
from common.ids import uuid7


class NoticeMedium(models.TextChoices):
    """How a notification leaves the house; in the page it is always (通知渠道)."""

    EMAIL = "email", _("E-mail")
    WEB = "web", _("Browser")
    MOBILE = "mobile", _("Mobile app")


class NoticeState(models.TextChoices):
    """What became of one delivery."""

    QUEUED = "queued", _("Waiting to go")
    HELD = "held", _("Held by quiet hours")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Not sent")


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: User) -> "NotificationQuerySet":
        """One's own, for everybody: whoever runs the house sees deliveries, not what they said."""
        return self.filter(person=user.pk) if user.is_authenticated else self.none()

    def unread(self) -> "NotificationQuerySet":
        """Those still to be read."""
        return self.filter(read_at=None)

    def living(self, now: datetime) -> "NotificationQuerySet":
        """Those that have not expired."""
        return self.filter(expires_at__gt=now)


class Notification(models.Model):
    """Something one person should know (通知): what happened, and where to look.

    Its words are written in the person's language and masked before they are stored. A kind that
    merges has one row for each subject, which comes up again when more happens.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(
        User,
        models.CASCADE,
        related_name="notifications",
        verbose_name=_("person"),
        db_index=False,
    )
    kind = models.CharField(_("kind"), max_length=48)
    # What it is about: "app.model:key", or empty.
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    # Once for each of these; merging kinds take the subject alone.
    merge_key = models.CharField(max_length=200)
    dedupe = models.CharField(max_length=80, blank=True)
    title = models.CharField(_("title"), max_length=120)
    # What the title becomes from the second time on, with {count} in it.
    title_many = models.CharField(max_length=120, blank=True)
    body = models.CharField(_("text"), max_length=500, blank=True)
    url = models.CharField(_("address"), max_length=300)
    count = models.PositiveIntegerField(_("how many"), default=1)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    at = models.DateTimeField(_("last happened at"), default=timezone.now)
    seen_at = models.DateTimeField(_("seen at"), null=True, blank=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("kept until"))

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            models.UniqueConstraint(
                name="notification_once", fields=["person", "kind", "merge_key"]
            )
        ]
        indexes = [
            # One's own, newest first.
            models.Index(name="notification_newest", fields=["person", "-at", "-id"]),
            # The figure beside the bell.
            models.Index(name="notification_unread", fields=["person"], condition=Q(read_at=None)),
            # What is no longer kept.
            models.Index(name="notification_expiring", fields=["expires_at"]),
        ]

    def __str__(self) -> str:
        return self.title


class NotificationPreference(models.Model):
    """By which media one person wants to hear of one kind; without a row the kind's usual ones."""

    person = models.ForeignKey(
        User, models.CASCADE, related_name="+", verbose_name=_("person"), db_index=False
    )
    kind = models.CharField(_("kind"), max_length=48)
    media = ArrayField(
        models.CharField(max_length=8, choices=NoticeMedium.choices),
        verbose_name=_("media"),
        default=list,
        blank=True,
    )

    class Meta:
        verbose_name = _("notification preference")
        verbose_name_plural = _("notification preferences")
        constraints = [
            models.UniqueConstraint(name="notification_preference_once", fields=["person", "kind"])
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind}"


class NotificationSettings(models.Model):
    """When one person wants quiet (安静时段), and how much a locked screen may tell."""

    person = models.OneToOneField(
        User, models.CASCADE, related_name="notification_settings", verbose_name=_("person")
    )
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    # The evenings on which it begins, Monday 0; over midnight it ends on the day after.
    quiet_days = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("quiet on"), default=list, blank=True
    )
    zone = models.CharField(_("time zone"), max_length=40, default="Asia/Shanghai")
    is_discreet = models.BooleanField(_("only say that there is something"), default=False)

    class Meta:
        verbose_name = _("notification settings")
        verbose_name_plural = _("notification settings")
        constraints = [
            models.CheckConstraint(
                name="notification_quiet_has_both_ends",
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.person_id)


class EmailAddress(models.Model):
    """Where one person reads mail; used for notifications from the moment it is confirmed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(
        User,
        models.CASCADE,
        related_name="email_addresses",
        verbose_name=_("person"),
        db_index=False,
    )
    address = models.EmailField(_("address"), max_length=254)
    added_at = models.DateTimeField(_("added at"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    bounced_at = models.DateTimeField(_("refused since"), null=True, blank=True)
    bounce = models.CharField(_("why it was refused"), max_length=300, blank=True)
    # Of the code only a keyed hash is kept; it works a few times and for a while.
    code_hash = models.CharField(max_length=64, blank=True, editable=False)
    code_until = models.DateTimeField(null=True, blank=True, editable=False)
    code_tries = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("e-mail address")
        verbose_name_plural = _("e-mail addresses")
        constraints = [
            # The old one is used until the new one is confirmed.
            models.UniqueConstraint(
                name="email_one_confirmed", fields=["person"], condition=~Q(confirmed_at=None)
            ),
            models.UniqueConstraint(
                name="email_one_waiting", fields=["person"], condition=Q(confirmed_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.address


class PushSubscription(models.Model):
    """One browser that shows notifications while no page is open (Web Push, RFC 8030)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(
        User, models.CASCADE, related_name="push_subscriptions", verbose_name=_("person")
    )
    endpoint = models.TextField(_("endpoint"), max_length=1000)
    endpoint_hash = models.CharField(max_length=64, unique=True, editable=False)
    p256dh = models.CharField(max_length=120, editable=False)
    auth = models.CharField(max_length=60, editable=False)
    label = models.CharField(_("browser"), max_length=80, blank=True)
    # Which sign-in made it, by its digest (``WebSession.key_hash``): where that ends, this ends.
    session_hash = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(_("since"), default=timezone.now)
    last_sent_at = models.DateTimeField(_("last sent at"), null=True, blank=True)

    class Meta:
        verbose_name = _("browser")
        verbose_name_plural = _("browsers with notices")
        indexes = [
            # Signing out ends the notices of that browser.
            models.Index(name="pushsubscription_session", fields=["session_hash"]),
        ]

    def __str__(self) -> str:
        return self.label or str(self.pk)


class PushDeviceQuerySet(models.QuerySet["PushDevice"]):
    def reachable(self, now: datetime) -> "PushDeviceQuerySet":
        """Phones whose app is still signed in."""
        living = Device.objects.living(now).values("pk")
        return self.filter(Q(device=None) | Q(device__in=living))


class PushDevice(models.Model):
    """One phone with the app, by the token its push provider gave it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(
        User, models.CASCADE, related_name="push_devices", verbose_name=_("person")
    )
    platform = models.CharField(_("platform"), max_length=12)
    provider = models.CharField(_("provider"), max_length=24)
    token = models.TextField(max_length=500, editable=False)
    token_hash = models.CharField(max_length=64, editable=False)
    # The app's sign-in that registered it: where that ends, nothing is sent any more.
    device = models.ForeignKey(
        Device, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("sign-in")
    )
    label = models.CharField(_("device"), max_length=80, blank=True)
    created_at = models.DateTimeField(_("since"), default=timezone.now)
    last_sent_at = models.DateTimeField(_("last sent at"), null=True, blank=True)

    objects = PushDeviceQuerySet.as_manager()

    class Meta:
        verbose_name = _("phone")
        verbose_name_plural = _("phones with notices")
        constraints = [
            models.UniqueConstraint(name="pushdevice_once", fields=["provider", "token_hash"])
        ]

    def __str__(self) -> str:
        return self.label or self.platform


class NotificationDelivery(models.Model):
    """One notification on its way to one address, browser or phone, and what became of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    notification = models.ForeignKey(
        Notification,
        models.CASCADE,
        related_name="deliveries",
        verbose_name=_("notification"),
        db_index=False,
    )
    person = models.ForeignKey(
        User, models.CASCADE, related_name="+", verbose_name=_("person"), db_index=False
    )
    kind = models.CharField(_("kind"), max_length=48)
    medium = models.CharField(_("medium"), max_length=8, choices=NoticeMedium.choices)
    # The key of an address, browser or phone; empty when the person has none.
    target = models.CharField(max_length=36, blank=True)
    target_label = models.CharField(_("to"), max_length=80, blank=True)
    state = models.CharField(
        _("state"), max_length=8, choices=NoticeState.choices, default=NoticeState.QUEUED
    )
    why = models.CharField(_("why"), max_length=24, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    answer = models.CharField(_("what the provider said"), max_length=300, blank=True)
    # How many it stands for when quiet hours end; 0 is an ordinary one.
    summary = models.PositiveIntegerField(default=0)
    queued_at = models.DateTimeField(_("since"), default=timezone.now)
    # When it may be tried; while somebody tries it, when it may be tried by somebody else.
    due_at = models.DateTimeField(_("next try"), default=timezone.now)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("notification delivery")
        verbose_name_plural = _("notification deliveries")
        constraints = [
            # However often more happens, one is on its way.
            models.UniqueConstraint(
                name="notification_delivery_one_open",
                fields=["notification", "medium", "target"],
                condition=Q(state__in=["queued", "held"]),
            )
        ]
        indexes = [
            # What the worker takes next.
            models.Index(
                name="notification_delivery_due", fields=["due_at"], condition=Q(state="queued")
            ),
            # What waits for the end of somebody's quiet hours.
            models.Index(
                name="notification_delivery_held", fields=["person"], condition=Q(state="held")
            ),
            # One's own log, newest first; how many tests somebody sent lately.
            models.Index(name="notification_delivery_of", fields=["person", "-id"]),
            # Back office list by state, newest first.
            models.Index(name="notification_delivery_state", fields=["state", "-id"]),
            # Was this one told lately? And what goes with a notification that is no longer kept.
            models.Index(name="notification_delivery_for", fields=["notification", "queued_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_medium_display()} {self.target_label}".strip()


class SimulatedPush(models.Model):
    """What the simulated push provider would have put on somebody's phone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    delivery = models.ForeignKey(
        NotificationDelivery, models.CASCADE, related_name="+", verbose_name=_("delivery")
    )
    platform = models.CharField(_("platform"), max_length=12)
    title = models.CharField(_("title"), max_length=120)
    body = models.CharField(_("text"), max_length=500, blank=True)
    url = models.CharField(_("address"), max_length=300)
    behaviour = models.CharField(_("what it was told to do"), max_length=16)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("simulated push")
        verbose_name_plural = _("simulated pushes")

    def __str__(self) -> str:
        return self.title


def secret_hash(text: str) -> str:
    """Return what is kept of an endpoint, token or session key to find it again."""
    return hashlib.sha256(text.encode()).hexdigest()
