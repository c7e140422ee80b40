"""What one of our own does to a shop at once: close it, restrict it, delist it, reward it."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.ids import public_key, uuid7
from merchants.models.rulebook import RuleVersion
from merchants.models.shops import Shop
from merchants.models.staff import shops_of
from merchants.penalties import rules


class ActKind(models.TextChoices):
    """What is done."""

    CLOSE = rules.CLOSE, _("close the shop")
    RESTRICT = rules.RESTRICT, _("restrict the shop")
    DELIST = rules.DELIST, _("delist all its items")
    REWARD = rules.REWARD, _("show the shop more")


class ActState(models.TextChoices):
    """Where it is; moves are ``rules.ACT_MOVES``."""

    WAITING = rules.WAITING, _("waits for a second person")
    IN_FORCE = rules.IN_FORCE, _("in force")
    UNDONE = rules.UNDONE, _("undone")
    OVER = rules.OVER, _("over")
    REFUSED = rules.REFUSED, _("refused by the second person")


class ShopActQuerySet(models.QuerySet["ShopAct"]):
    def visible_to(self, user: User) -> "ShopActQuerySet":
        """Acts ``user`` may see: one's own; those who may act on shops, all but of a merchant of theirs."""
        if not user.is_authenticated:
            return self.none()
        office = user.can("admin.use") and user.has_perm("merchants.view_shopact")
        if office or user.can("shops.act"):
            return self.exclude(shop__in=shops_of(user).values("pk"))
        return self.none()


class ShopAct(models.Model):
    """What one of our own did to a shop within their limit, or with a second person above it (D6).

    ``days`` is how long it holds and what limits are about; ``before`` and ``after`` are what held for
    the shop on either side of it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="acts", db_index=False, verbose_name=_("shop")
    )
    kind = models.CharField(_("what"), max_length=8, choices=ActKind.choices)
    days = models.PositiveSmallIntegerField(_("days"))
    # By which rule; a reward needs none.
    rule_version = models.ForeignKey(
        RuleVersion, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("rule in force"),
    )  # fmt: skip
    state = models.CharField(_("state"), max_length=8, choices=ActState.choices)
    reason = models.TextField(_("reason"))
    limit_days = models.PositiveSmallIntegerField(_("limit, days"))
    by = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"))
    second_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("second person"),
    )  # fmt: skip
    began_at = models.DateTimeField(_("in force from"), null=True, blank=True)
    until = models.DateTimeField(_("in force until"), null=True, blank=True)
    undo_until = models.DateTimeField(_("may be undone until"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    before = models.JSONField(_("held before"), default=list, blank=True)
    after = models.JSONField(_("held after"), default=list, blank=True)

    objects = ShopActQuerySet.as_manager()

    class Meta:
        verbose_name = _("act on a shop")
        verbose_name_plural = _("acts on shops")
        constraints = [
            models.CheckConstraint(name="shopact_days", condition=Q(days__gte=1)),
            models.CheckConstraint(
                name="shopact_by_a_rule",
                condition=Q(kind=rules.REWARD) | Q(rule_version__isnull=False),
            ),
            # Above the limit nothing holds without a second person.
            models.CheckConstraint(
                name="shopact_two_above_the_limit",
                condition=Q(began_at=None)
                | Q(days__lte=F("limit_days"))
                | (Q(second_by__isnull=False) & ~Q(second_by=F("by"))),
            ),
            models.CheckConstraint(
                name="shopact_waits_or_began",
                condition=Q(state__in=[rules.WAITING, rules.REFUSED], began_at=None, until=None)
                | Q(
                    state__in=[rules.IN_FORCE, rules.UNDONE, rules.OVER],
                    began_at__isnull=False,
                    until__isnull=False,
                    undo_until__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="shopact_closed_has_a_moment",
                condition=Q(state__in=[rules.WAITING, rules.IN_FORCE], closed_at=None)
                | Q(state__in=[rules.UNDONE, rules.OVER, rules.REFUSED], closed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="shopact_of_shop", fields=["shop", "-at"]),
            models.Index(name="shopact_by_state", fields=["state", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.shop_id}"

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key("sac", self.pk)

    def may_be_undone(self, now: datetime) -> bool:
        """Tell whether the window for undoing is open at ``now``."""
        is_open = self.undo_until is not None and now < self.undo_until
        return self.state == ActState.IN_FORCE and is_open
