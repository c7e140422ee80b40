"""What may be promised: entitlements, the rules of who has them, the service packages."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import CreditBand, Tier
from apass.entitlements import rules
from apass.entitlements.rules import Claim, Package, Segment, Span, Terms


class Kind(models.TextChoices):
    """What an entitlement is about; each kind has its own parameters (``kinds.SHAPES``)."""

    QUICK_REFUND = "quick_refund", _("Quick refund")
    FIRST_REPLY = "first_reply", _("First reply in time")
    COMPLAINT = "complaint", _("Complaint resolved in time")
    RETURN_CARD = "return_card", _("Return card")
    FIRST_ORDER = "first_order", _("First order guaranteed")
    WORRY_FREE = "worry_free_return", _("Worry-free return")
    MANAGER = "dedicated_manager", _("Dedicated manager")
    NO_RETURN = "no_return_refund", _("Refund without return")
    FREE_PICKUP = "free_pickup", _("Free pick-up")


class Period(models.TextChoices):
    """How long a quantity lasts: a day, month or year of Shanghai, or once and for all."""

    DAY = rules.DAY, _("a day")
    MONTH = rules.MONTH, _("a month")
    YEAR = rules.YEAR, _("a year")
    ONCE = rules.ONCE, _("once")


class Guided(models.TextChoices):
    """Whether a segment asks for the guide party."""

    ANY = "any", _("either way")
    YES = "yes", _("guided only")
    NO = "no", _("not guided")


def in_language(zh: str, en: str) -> str:
    """Return the words in the language of the moment."""
    return zh if (get_language() or "zh").startswith("zh") else en


class Dated(models.Model):
    """What holds from a moment on, and perhaps up to another."""

    effective_from = models.DateTimeField(_("in force from"))
    effective_until = models.DateTimeField(_("in force until"), null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def span(self) -> Span:
        return Span(self.effective_from, self.effective_until)


class ForSegment(Dated):
    """What is for some members: the one vocabulary of rules and packages."""

    tiers = ArrayField(
        models.CharField(max_length=8, choices=Tier.choices),
        verbose_name=_("tiers"),
        default=list,
        blank=True,
    )
    bands = ArrayField(
        models.CharField(max_length=10, choices=CreditBand.choices),
        verbose_name=_("credit bands"),
        default=list,
        blank=True,
    )
    guided = models.CharField(
        _("guide party"), max_length=3, choices=Guided.choices, default=Guided.ANY
    )
    registered_from = models.DateField(_("registered from"), null=True, blank=True)
    registered_until = models.DateField(_("registered until"), null=True, blank=True)
    # A version keeps the conditions as they were when it was published, whatever becomes of the segment.
    segment_code = models.CharField(
        _("by segment"), max_length=40, default="", blank=True, editable=False
    )

    class Meta:
        abstract = True

    @property
    def segment(self) -> Segment:
        return Segment(
            frozenset(self.tiers),
            frozenset(self.bands),
            {Guided.YES: True, Guided.NO: False}.get(Guided(self.guided)),
            self.registered_from,
            self.registered_until,
        )


def _forward(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=name,
        condition=Q(effective_until=None) | Q(effective_until__gt=F("effective_from")),
    )


class Entitlement(Dated):
    """A right with a period and a quantity (权益). A change is a new row of the same code."""

    code = models.SlugField(_("code"), max_length=40)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    name_zh = models.CharField(_("name in Chinese"), max_length=40)
    name_en = models.CharField(_("name in English"), max_length=80)
    promise_zh = models.CharField(_("promise in Chinese"), max_length=200)
    promise_en = models.CharField(_("promise in English"), max_length=400)
    period = models.CharField(_("period"), max_length=5, choices=Period.choices)
    quantity = models.PositiveIntegerField(_("how often"), null=True, blank=True)
    parameters = models.JSONField(_("numbers"), default=dict, blank=True)
    is_live = models.BooleanField(_("may be promised"), default=True)
    rollout_code = models.CharField(_("rollout"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("entitlement")
        verbose_name_plural = _("entitlements")
        constraints = [
            models.UniqueConstraint(name="entitlement_version", fields=["code", "effective_from"]),
            _forward("entitlement_forward"),
            models.CheckConstraint(
                name="entitlement_quantity", condition=Q(quantity=None) | Q(quantity__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)

    @property
    def promise(self) -> str:
        return in_language(self.promise_zh, self.promise_en)

    @property
    def terms(self) -> Terms:
        return Terms(
            self.code, self.kind, self.period, self.quantity, self.span, self.parameters,
            self.rollout_code, self.pk or 0,
        )  # fmt: skip


class EntitlementRule(ForSegment):
    """Who has an entitlement beside their package, whichever of its versions is in force."""

    code = models.SlugField(_("entitlement"), max_length=40)
    rank = models.PositiveSmallIntegerField(_("rank"), default=0)
    parameters = models.JSONField(_("other numbers"), default=dict, blank=True)

    class Meta:
        verbose_name = _("entitlement rule")
        verbose_name_plural = _("entitlement rules")
        constraints = [_forward("entitlementrule_forward")]

    def __str__(self) -> str:
        return f"{self.code} {self.pk}"

    @property
    def claim(self) -> Claim:
        return Claim(self.code, self.segment, self.span, self.rank, self.parameters, self.pk or 0)


class ServicePackage(ForSegment):
    """What a segment is served with (服务包): entitlements, clocks, queue, bot, budget."""

    code = models.SlugField(_("code"), max_length=40)
    name_zh = models.CharField(_("name in Chinese"), max_length=40)
    name_en = models.CharField(_("name in English"), max_length=80)
    rank = models.PositiveSmallIntegerField(_("rank"), default=10)
    first_reply = models.DurationField(_("first reply within"), null=True, blank=True)
    next_reply = models.DurationField(_("next reply within"), null=True, blank=True)
    complaint_resolution = models.DurationField(_("complaint resolved in"), null=True, blank=True)
    call_back = models.DurationField(_("call back within"), null=True, blank=True)
    # Empty: the parameter of the member's tier.
    queue_priority = models.PositiveSmallIntegerField(
        _("place in the queue"), null=True, blank=True
    )
    team_code = models.CharField(_("team"), max_length=40, blank=True)
    persona = models.CharField(_("bot persona"), max_length=20, blank=True)
    budget_amount = models.DecimalField(
        _("budget a month"), max_digits=14, decimal_places=2, null=True, blank=True
    )

    class Meta:
        verbose_name = _("service package")
        verbose_name_plural = _("service packages")
        constraints = [
            models.UniqueConstraint(
                name="servicepackage_version", fields=["code", "effective_from"]
            ),
            _forward("servicepackage_forward"),
            models.CheckConstraint(
                name="servicepackage_priority",
                condition=Q(queue_priority=None) | Q(queue_priority__range=(1, 9)),
            ),
            models.CheckConstraint(
                name="servicepackage_budget",
                condition=Q(budget_amount=None) | Q(budget_amount__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)

    def package(self, items: Any = ()) -> Package:
        """Return what the rules know of it; ``items`` are pairs of code and numbers."""
        return Package(self.code, self.rank, self.segment, self.span, tuple(items), self.pk or 0)


class PackageItem(models.Model):
    """One entitlement of a package, with numbers of its own where they differ."""

    package = models.ForeignKey(
        ServicePackage, models.CASCADE, related_name="items", db_index=False,
        verbose_name=_("package"),
    )  # fmt: skip
    code = models.SlugField(_("entitlement"), max_length=40)
    parameters = models.JSONField(_("other numbers"), default=dict, blank=True)

    class Meta:
        verbose_name = _("entitlement of a package")
        verbose_name_plural = _("entitlements of packages")
        constraints = [models.UniqueConstraint(name="packageitem_once", fields=["package", "code"])]

    def __str__(self) -> str:
        return self.code
