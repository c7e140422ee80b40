from datetime import datetime
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, User
from common.ids import uuid7_of
from common.partitions import register
from merchants.models import Shop


class OrderStatus(models.TextChoices):
    """Where an order is."""

    PAID = "paid", _("Paid, to be shipped")
    SHIPPED = "shipped", _("On its way")
    SIGNED = "signed", _("Received")
    FINISHED = "finished", _("Finished")
    CLOSED = "closed", _("Closed")


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, user: User) -> "OrderQuerySet":
        """Orders ``user`` may see: one's own; the desk and the back office see all."""
        if any(user.can(right) for right in ("desk.use", "tickets.see_all", "orders.see_all")):
            return self
        return self.filter(member__user=user) if user.is_authenticated else self.none()


class Order(models.Model):
    """What a member bought in one shop and paid at one moment (订单).

    The id carries the paying moment and the order number (``uuid7_of``), so that the month
    partitions by id and the same order always has the same id.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    order_no = models.CharField(_("order no."), max_length=40)
    member = models.ForeignKey(
        Member, models.PROTECT, related_name="orders", verbose_name=_("member"), db_index=False
    )
    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="orders", verbose_name=_("shop"), db_index=False
    )
    product = models.CharField(_("product"), max_length=200, blank=True)
    category = models.CharField(_("category"), max_length=60, blank=True)
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    paid_amount = models.DecimalField(_("paid"), max_digits=14, decimal_places=2)
    freight = models.DecimalField(_("freight"), max_digits=14, decimal_places=2, default=0)
    region = models.CharField(_("region"), max_length=40, blank=True)
    status = models.CharField(
        _("state"), max_length=10, choices=OrderStatus.choices, default=OrderStatus.PAID
    )
    paid_at = models.DateTimeField(_("paid at"))
    promised_ship_at = models.DateTimeField(_("ship promised by"), null=True, blank=True)
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    promised_deliver_at = models.DateTimeField(_("delivery promised by"), null=True, blank=True)
    signed_at = models.DateTimeField(_("received at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.CheckConstraint(
                name="order_paid_not_negative", condition=models.Q(paid_amount__gte=0)
            )
        ]
        indexes = [
            # Search by the number a member names; uniqueness is the id's (see the class).
            models.Index(name="order_by_no", fields=["order_no"]),
            # A member's orders, newest first (the id begins with the paying moment).
            models.Index(name="order_of_member", fields=["member", "-id"]),
            # A shop's orders, newest first.
            models.Index(name="order_of_shop", fields=["shop", "-id"]),
        ]

    def __str__(self) -> str:
        return self.order_no

    @staticmethod
    def id_for(order_no: str, paid_at: datetime) -> UUID:
        """Return the id of the order ``order_no`` paid at ``paid_at``."""
        return uuid7_of(paid_at, order_no)


register("trade_order", "id")
