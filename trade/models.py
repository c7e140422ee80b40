from datetime import datetime
from uuid import UUID

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import Exists, Func
from django.db.models.functions import Collate, Now, Reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Member, User, own_elsewhere, own_members
from common.ids import uuid7_of
from common.models import SearchLine, line_indexes, stamp_changes
from common.partitions import register
from merchants.models import Shop, ShopLimits
from merchants.penalties.rules import EMPTYING

SEE_ALL = ("customers.look_up", "tickets.see_all", "orders.see_all")
"""Rights of our desk and the back office: with one of them all orders and products are seen."""
TEXT: "models.TextField[str, str]" = models.TextField()


class Folded(Func):
    """A text in the form in which titles are compared: the one ``trade_grams`` takes apart."""

    template = "lower(normalize(%(expressions)s, NFKC))"
    output_field = TEXT


def emptied_shops() -> "models.QuerySet[ShopLimits]":
    """Return, beside a product, the measures that keep it off the shelf: of all its shop sells, or of what is new."""
    return ShopLimits.objects.filter(
        models.Q(measures__overlap=sorted(EMPTYING))
        | models.Q(no_new_since__lte=models.OuterRef("added_at")),
        shop=models.OuterRef("shop"),
    )


class ProductQuerySet(models.QuerySet["Product"]):
    def visible_to(self, user: User) -> "ProductQuerySet":
        """Products ``user`` may see: what is on the shelf; the desk and the back office see all."""
        if any(user.can(right) for right in SEE_ALL):
            return self
        return self.on_the_shelf() if user.is_authenticated else self.none()

    def on_the_shelf(self) -> "ProductQuerySet":
        """Products that can be bought now."""
        return self.filter(~Exists(emptied_shops()), is_listed=True, taken_down_at=None)

    def found_by(self, text: str) -> "ProductQuerySet":
        """The product with the number ``text``; else those whose title holds each of its words.

        One character suffices. Width and case do not matter. Without any word: all of them.
        Asks for the number, which is why it is not part of the same condition: the words would
        then be taken apart once more for every row that the index has found.
        """
        words = text.split()
        if not words:
            return self
        numbered = self.filter(product_no=text)
        if len(words) == 1 and numbered.exists():
            return numbered
        rows = self.alias(
            grams=Func("title", function="trade_grams", output_field=ArrayField(TEXT)),
            folded=Folded("title"),
        )
        # The index finds titles with all the pairs of letters; do they stand in a row as well?
        rows = rows.filter(grams__contains=Func(models.Value(text), function="trade_grams"))
        for word in words:
            rows = rows.filter(folded__contains=Folded(models.Value(word)))
        return rows


class Product(models.Model):
    """What a shop offers under one number, with its price today (商品).

    Whether it is on the shelf is said three times: by the shop (``is_listed``, loaded from files), by
    the house (``taken_down_at``, moved by actions) and by what holds for the shop (``ShopLimits``); a
    file never brings back what the house took down. Orders do not point here: an order keeps the
    words it was made with, and its product is the one of the same shop and title (``trade.queries``).
    """

    product_no = models.CharField(_("product no."), max_length=40, unique=True)
    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="products", verbose_name=_("shop"), db_index=False
    )
    title = models.CharField(pgettext_lazy("of a thing", "name"), max_length=200)
    category = models.CharField(_("category"), max_length=60, blank=True)
    price = models.DecimalField(_("price"), max_digits=14, decimal_places=2)
    is_listed = models.BooleanField(_("listed by the shop"), default=True)
    taken_down_at = models.DateTimeField(_("taken down at"), null=True, blank=True)
    added_at = models.DateTimeField(_("added at"), db_default=Now(), editable=False)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.CheckConstraint(
                name="product_price_not_negative", condition=models.Q(price__gte=0)
            )
        ]
        indexes = [
            # A shop's products, newest first.
            models.Index(name="product_of_shop", fields=["shop", "-id"]),
            # The product an order names: by shop and title.
            models.Index(name="product_by_title", fields=["shop", "title"]),
            # Search by words of any length: trigrams would need three letters, Chinese words have two.
            GinIndex(Func("title", function="trade_grams"), name="product_by_words"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_on_shelf(self) -> bool:
        """Tell whether it can be bought now; asks for its shop's limits unless they were selected along."""
        if not self.is_listed or self.taken_down_at is not None:
            return False
        limits = getattr(self.shop, "limits", None)
        return limits is None or not limits.empties(self.added_at)


class ProductLine(SearchLine):
    """What a product is found by: its title, how the title sounds, and its number."""

    product = models.OneToOneField(
        Product, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="+"
    )

    class Meta:
        indexes = line_indexes("productline")


class OrderStatus(models.TextChoices):
    """Where an order is."""

    PAID = "paid", _("Paid, to be shipped")
    SHIPPED = "shipped", _("On its way")
    SIGNED = "signed", _("Received")
    FINISHED = "finished", _("Finished")
    CLOSED = "closed", _("Closed")


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, user: User) -> "OrderQuerySet":
        """Orders ``user`` may see: one's own; the desk and the back office see all.

        Those of a member who has asked to be erased are seen by who handles that alone; what somebody
        bought under another account is not theirs to see at work.
        """
        if user.can("personal_data.handle"):
            return self.exclude(member__in=own_elsewhere(user))
        if any(user.can(right) for right in SEE_ALL):
            found = self.exclude(member__in=Member.objects.hidden().values("pk"))
            return found.exclude(member__in=own_elsewhere(user))
        return self.filter(member__user=user) if user.is_authenticated else self.none()

    def for_work_of(self, user: User) -> "OrderQuerySet":
        """Orders ``user`` may see as staff: never one's own, under whatever account."""
        return self.visible_to(user).exclude(member__in=own_members(user))


class StandingDebt(models.Model):
    """An order that left a member (deleted, or found to be another's): that month is counted again."""

    member_id = models.BigIntegerField()
    order_id = models.UUIDField()

    class Meta:
        verbose_name = _("month to be counted again")
        verbose_name_plural = _("months to be counted again")

    def __str__(self) -> str:
        return f"{self.member_id} {self.order_id}"


_OWE = "INSERT INTO trade_standingdebt (member_id, order_id) VALUES (OLD.member_id, OLD.id); RETURN NULL;"


def owe_standing() -> list[pgtrigger.Trigger]:
    """Return the triggers that note when an order leaves a member; inserts pay nothing for them."""
    return [
        pgtrigger.Trigger(
            name="gone_from_member",
            level=pgtrigger.Row,
            when=pgtrigger.After,
            operation=pgtrigger.Delete,
            func=_OWE,
        ),
        pgtrigger.Trigger(
            name="moved_from_member",
            level=pgtrigger.Row,
            when=pgtrigger.After,
            operation=pgtrigger.Update,
            condition=pgtrigger.Q(old__member__df=pgtrigger.F("new__member")),
            func=_OWE,
        ),
    ]


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
    # The sum of its successful refunds; whoever writes a refund keeps it in the same transaction.
    refunded_amount = models.DecimalField(
        _("refunded"), max_digits=14, decimal_places=2, default=0, db_default=0
    )
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

    # When the transaction began that wrote the row last; kept by the database.
    changed_at = models.DateTimeField(_("changed at"), db_default=Now(), editable=False)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.CheckConstraint(
                name="order_paid_not_negative", condition=models.Q(paid_amount__gte=0)
            ),
            models.CheckConstraint(
                name="order_refunded_within_paid",
                condition=models.Q(
                    refunded_amount__gte=0, refunded_amount__lte=models.F("paid_amount")
                ),
            ),
        ]
        indexes = [
            # Search by the number a member names; uniqueness is the id's (see the class).
            models.Index(name="order_by_no", fields=["order_no"]),
            # Search by the last digits, which is what people read aloud.
            models.Index(Collate(Reverse("order_no"), "C"), name="order_by_no_tail"),
            # A member's orders, newest first (the id begins with the paying moment).
            models.Index(name="order_of_member", fields=["member", "-id"]),
            # A shop's orders, newest first.
            models.Index(name="order_of_shop", fields=["shop", "-id"]),
            # What was written since the standing of members was last brought up to date.
            BrinIndex(name="order_by_change", fields=["changed_at"], pages_per_range=16),
        ]
        triggers = [stamp_changes(), *owe_standing()]

    def __str__(self) -> str:
        return self.order_no

    @staticmethod
    def id_for(order_no: str, paid_at: datetime) -> UUID:
        """Return the id of the order ``order_no`` paid at ``paid_at``."""
        return uuid7_of(paid_at, order_no)


class RefundKind(models.TextChoices):
    """What a buyer wants back."""

    REFUND_ONLY = "refund_only", _("Refund only")
    RETURN_REFUND = "return_refund", _("Return and refund")
    EXCHANGE = "exchange", _("Exchange")


class RefundOutcome(models.TextChoices):
    """How a refund ended."""

    SUCCESS = "success", _("Refunded")
    CLOSED = "closed", _("Closed without a refund")


class RefundQuerySet(models.QuerySet["Refund"]):
    def visible_to(self, user: User) -> "RefundQuerySet":
        """Refunds ``user`` may see: those of the orders that ``user`` may see."""
        if user.can("personal_data.handle"):
            return self
        if any(user.can(right) for right in SEE_ALL):
            return self.exclude(order__member__in=Member.objects.hidden().values("pk"))
        return self.filter(order__member__user=user) if user.is_authenticated else self.none()


class Refund(models.Model):
    """What a buyer asked back of one order, and what came of it (退款).

    ``outcome`` is empty while it runs. What was paid back in success is summed up in the order's
    ``refunded_amount``.
    """

    refund_no = models.CharField(_("refund no."), max_length=40, unique=True)
    order = models.ForeignKey(
        Order, models.CASCADE, related_name="refunds", verbose_name=_("order"), db_index=False
    )
    kind = models.CharField(pgettext_lazy("of a thing", "kind"), max_length=14, choices=RefundKind)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    applied_at = models.DateTimeField(_("applied at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    outcome = models.CharField(  # noqa: DJ001
        _("outcome"), max_length=8, choices=RefundOutcome, null=True, blank=True
    )

    objects = RefundQuerySet.as_manager()

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.CheckConstraint(
                name="refund_amount_not_negative", condition=models.Q(amount__gte=0)
            ),
            models.CheckConstraint(
                name="refund_finished_with_outcome",
                condition=models.Q(finished_at=None, outcome=None)
                | models.Q(finished_at__isnull=False, outcome__isnull=False),
            ),
            models.CheckConstraint(
                name="refund_finished_after_applied",
                condition=models.Q(finished_at=None)
                | models.Q(finished_at__gte=models.F("applied_at")),
            ),
        ]
        indexes = [
            # An order's refunds, newest first, and the sum of them.
            models.Index(name="refund_of_order", fields=["order", "-applied_at", "-id"]),
        ]

    def __str__(self) -> str:
        return self.refund_no

    @property
    def outcome_word(self) -> str:
        """Say how it ended, or that it has not."""
        return str(RefundOutcome(self.outcome).label if self.outcome else _("Under way"))


register("trade_order", "id")
