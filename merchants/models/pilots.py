"""Shops that try new things first, and what is said of what they try."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from apass.models import Rollout
from common.ids import public_key, uuid7
from merchants.models.shops import Shop


class PilotState(models.TextChoices):
    """Where a pilot shop is."""

    ACTIVE = "active", pgettext_lazy("of a pilot shop", "takes part")
    REVIEW = "review", _("to be reviewed")
    LEFT = "left", pgettext_lazy("of a pilot shop", "left")


class PilotShopQuerySet(models.QuerySet["PilotShop"]):
    def current(self) -> "PilotShopQuerySet":
        """Those that take part; also while they wait for their review."""
        return self.exclude(state=PilotState.LEFT)


class PilotShop(models.Model):
    """A shop that gets new things first (蜂王店铺), with the figures it was let in by.

    ``orders`` and ``products`` were counted over ``counted_days`` before ``measured_at``; the least
    of each at that moment stands beside them. A shop that comes back has another row.
    """

    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="pilots", db_index=False, verbose_name=_("shop")
    )
    since = models.DateTimeField(_("since"))
    orders = models.PositiveIntegerField(_("orders"))
    orders_needed = models.PositiveIntegerField(_("orders needed"))
    products = models.PositiveIntegerField(_("different products"))
    products_needed = models.PositiveIntegerField(_("different products needed"))
    counted_days = models.PositiveSmallIntegerField(_("counted over days"))
    measured_at = models.DateTimeField(_("counted at"))
    review_at = models.DateTimeField(_("review due at"))
    state = models.CharField(_("state"), max_length=6, choices=PilotState.choices)
    left_at = models.DateTimeField(_("left at"), null=True, blank=True)

    objects = PilotShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("pilot shop")
        verbose_name_plural = _("pilot shops")
        constraints = [
            models.UniqueConstraint(
                name="pilotshop_once", fields=["shop"], condition=~Q(state="left")
            ),
            models.CheckConstraint(
                name="pilotshop_left_has_a_moment",
                condition=Q(state="left", left_at__isnull=False)
                | (~Q(state="left") & Q(left_at=None)),
            ),
            models.CheckConstraint(
                name="pilotshop_met_the_criteria",
                condition=Q(orders__gte=F("orders_needed"), products__gte=F("products_needed")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.shop)


class PilotFeedback(models.Model):
    """What a pilot shop or the house says of something that is tried (反馈); masked when written."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rollout = models.ForeignKey(
        Rollout, models.PROTECT, related_name="+", db_index=False, verbose_name=_("what is tried")
    )
    shop = models.ForeignKey(
        Shop, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("shop"), help_text=_("Empty: the house speaks."),
    )  # fmt: skip
    by = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("by")
    )
    text = models.TextField(_("what was said"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("word of a pilot shop")
        verbose_name_plural = _("words of pilot shops")
        indexes = [
            # The thread of one feature, newest first.
            models.Index(name="pilotfeedback_thread", fields=["rollout", "-id"]),
        ]

    def __str__(self) -> str:
        return self.public_key

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key("pfb", self.pk)
