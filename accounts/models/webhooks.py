"""Webhooks: whom the house tells by itself, what it owes them, and what became of it."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from common.ids import public_key, uuid7


class WebhookState(models.TextChoices):
    """Whether an endpoint is called."""

    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    REMOVED = "removed", _("Removed")


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def visible_to(self, user: User) -> "WebhookEndpointQuerySet":
        """One's own; all of them for who looks after webhooks or reads the history."""
        if not user.is_authenticated:
            return self.none()
        if user.can("webhooks.manage") or user.can("history.read"):
            return self
        return self.filter(owner=user)

    def there(self) -> "WebhookEndpointQuerySet":
        """Endpoints that have not been removed."""
        return self.exclude(state=WebhookState.REMOVED)


class WebhookEndpoint(models.Model):
    """An address of somebody's that wants to hear of events (回调地址). Hears what its owner may see."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        User, models.PROTECT, related_name="webhooks", verbose_name=_("person")
    )
    url = models.CharField(_("address"), max_length=2_000)
    # What the breaker counts by: of the address, lower case.
    host = models.CharField(_("host"), max_length=260)
    description = models.CharField(_("what it is for"), max_length=120, blank=True)
    events = ArrayField(models.CharField(max_length=64), verbose_name=_("events"))
    state = models.CharField(
        _("state"), max_length=8, choices=WebhookState.choices, default=WebhookState.ACTIVE
    )
    # Sealed with the house's key; shown once, when it is made.
    secret = models.TextField()
    former_secret = models.TextField(blank=True, default="")
    former_secret_until = models.DateTimeField(_("old secret until"), null=True, blank=True)
    made_at = models.DateTimeField(_("made at"))

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        indexes = [
            # A person's endpoints, newest first.
            models.Index(name="webhook_of_owner", fields=["owner", "-id"]),
        ]

    def __str__(self) -> str:
        return public_key("whk", self.id)


class WebhookEvent(models.Model):
    """Something that happened and somebody wants to hear of (待发事件): written with the change itself.

    The clock makes one delivery of it for every endpoint whose owner may see the subject.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.CharField(_("event"), max_length=64)
    at = models.DateTimeField(_("at"))
    subject_type = models.CharField(_("kind of thing"), max_length=64)
    subject_id = models.CharField(_("number of the thing"), max_length=64)
    data = models.JSONField(_("details"), default=dict)
    # A right that its hearers need besides being allowed to see the subject.
    right = models.CharField(max_length=64, blank=True, default="")
    # What may be told once only has a key; what gathers (messages) keeps it until it is told.
    key = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001 (many have none)
    ripe_at = models.DateTimeField(_("told from"))
    told_at = models.DateTimeField(_("told at"), null=True, blank=True)

    class Meta:
        verbose_name = _("webhook event")
        verbose_name_plural = _("webhook events")
        constraints = [models.UniqueConstraint(name="webhook_event_once", fields=["event", "key"])]
        indexes = [
            # The clock turns what is ripe into deliveries.
            models.Index(
                name="webhook_event_untold", fields=["ripe_at"], condition=Q(told_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject_type} {self.subject_id}"


class DeliveryState(models.TextChoices):
    """Where a delivery is."""

    WAITING = "waiting", _("Waiting to be sent")
    DELIVERED = "delivered", _("Delivered")
    DEAD = "dead", _("Given up")
    DROPPED = "dropped", _("Not sent any more")


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def visible_to(self, user: User) -> "WebhookDeliveryQuerySet":
        """The deliveries of the endpoints that ``user`` may see."""
        return self.filter(endpoint__in=WebhookEndpoint.objects.visible_to(user).values("pk"))


class WebhookDelivery(models.Model):
    """One event owed to one endpoint (投递): tried until it arrives or is given up.

    It keeps its number through every try and every replay; receivers tell doubles by it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(
        WebhookEndpoint,
        models.CASCADE,
        related_name="deliveries",
        verbose_name=_("webhook endpoint"),
        db_index=False,
    )
    event = models.ForeignKey(
        WebhookEvent, models.CASCADE, related_name="deliveries", verbose_name=_("event")
    )
    state = models.CharField(
        _("state"), max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    # From when the tries of this round count: a replay begins a new one.
    since = models.DateTimeField(_("tried since"))
    next_at = models.DateTimeField(_("next try"))
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(_("answer code"), null=True, blank=True)
    last_problem = models.CharField(_("problem"), max_length=300, blank=True, default="")
    # One entry a try: at, status, problem, millis, answer (the first bytes, masked).
    log = models.JSONField(_("tries"), default=list)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints = [
            models.UniqueConstraint(name="webhook_delivery_once", fields=["endpoint", "event"])
        ]
        indexes = [
            # The clock claims what is due, of each endpoint the longest waiting first.
            models.Index(
                name="webhook_delivery_next",
                fields=["endpoint", "next_at"],
                condition=Q(state="waiting"),
            ),
            # The log of an endpoint, newest first; with its state for the dead letters.
            models.Index(name="webhook_delivery_log", fields=["endpoint", "-id"]),
            models.Index(
                name="webhook_delivery_dead", fields=["endpoint", "-id"], condition=Q(state="dead")
            ),
        ]

    def __str__(self) -> str:
        return public_key("whd", self.id)


class WebhookHost(models.Model):
    """The breaker of one host (熔断): closed, open until a moment, or letting one probe through."""

    host = models.CharField(_("host"), max_length=260, primary_key=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    open_until = models.DateTimeField(_("not called until"), null=True, blank=True)

    class Meta:
        verbose_name = _("webhook host")
        verbose_name_plural = _("webhook hosts")

    def __str__(self) -> str:
        return self.host

    def is_open(self, now: datetime) -> bool:
        """Tell whether the host is left alone at ``now``."""
        return self.open_until is not None and self.open_until > now
