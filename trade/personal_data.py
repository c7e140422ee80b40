"""What trade keeps of a member: orders with their refunds, which the law wants for years, and which
numbers are ours.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import (
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    Min,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.masking import own_numbers
from common.parameters import value
from common.personal_data import Slice, Step, Store, Subject, register, slice_of
from trade.models import Order, OrderStatus, Refund

RUNNING = (OrderStatus.PAID, OrderStatus.SHIPPED)

Needed = Callable[[], Any]
"""Returns an expression over orders: until when something about one needs it, NULL when nothing does."""

_needed: list[Needed] = []


def needs_orders(until: Needed) -> Needed:
    """Register what keeps an order longer than its own law does: it goes with the last of them."""
    _needed.append(until)
    return until


@own_numbers("order")
def known_orders(numbers: Collection[str]) -> Collection[str]:
    """Return those of ``numbers`` that are order numbers of the house."""
    return list(Order.objects.filter(order_no__in=numbers).values_list("order_no", flat=True))


class Orders(Store):
    """What the member bought."""

    key = "orders"
    title = _("Orders")
    about = _("What you bought, where, and what you paid.")
    models = ("trade.Order",)
    columns: ClassVar[dict[str, Any]] = {
        "order_no": _("order no."),
        "shop": _("shop"),
        "product": _("product"),
        "quantity": _("quantity"),
        "paid_amount": _("paid"),
        "refunded_amount": _("refunded"),
        "freight": _("freight"),
        "region": _("region"),
        "status": _("state"),
        "paid_at": _("paid at"),
        "shipped_at": _("shipped at"),
        "signed_at": _("received at"),
        "closed_at": _("closed at"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        rows = self._of(subject).select_related("shop")
        found, further = slice_of(rows, after, limit)
        return Slice(
            [
                {
                    name: getattr(row, name)
                    for name in self.columns
                    if name not in ("shop", "status", "paid_amount", "refunded_amount", "freight")
                }
                | {
                    "shop": row.shop.name,
                    "status": row.get_status_display(),
                    "paid_amount": str(row.paid_amount),
                    "refunded_amount": str(row.refunded_amount),
                    "freight": str(row.freight),
                }
                for row in found
            ],
            further,
        )

    def running(self, subject: Subject) -> Any:
        if self._of(subject).filter(status__in=RUNNING).exists():
            return _("An order is not finished yet.")
        return ""

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        # The transaction stays as the law wants it; where it went is not part of it.
        return Step(self._of(subject).exclude(region="").update(region=""))

    def kept_until(self, subject: Subject) -> datetime | None:
        return self._with_end(subject).aggregate(first=Min("may_go_at"))["first"]

    def erase(self, subject: Subject, now: datetime) -> int:
        over = self._with_end(subject).filter(Q(may_go_at__lte=now), conversations=None)
        # With its refunds, which are counted too.
        gone, _kinds = Order.objects.filter(pk__in=list(over.values_list("pk", flat=True))).delete()
        return gone

    def _of(self, subject: Subject) -> QuerySet[Order]:
        return Order.objects.filter(member_id=subject.member)

    def _with_end(self, subject: Subject) -> QuerySet[Order]:
        """Return the orders with the moment from which the law lets them go (``may_go_at``)."""
        kept = Value(value("trade.orders_kept"), DurationField())
        completed = Coalesce("closed_at", "signed_at", "paid_at")
        own = ExpressionWrapper(completed + kept, DateTimeField())
        until = [needed() for needed in _needed]
        return self._of(subject).annotate(may_go_at=Greatest(own, *until) if until else own)


class Refunds(Store):
    """What the member asked back; it goes with its order."""

    key = "refunds"
    title = _("Refunds")
    about = _("What you asked back of your orders, and what came of it.")
    models = ("trade.Refund",)
    columns: ClassVar[dict[str, Any]] = {
        "refund_no": _("refund no."),
        "order_no": _("order no."),
        "kind": pgettext_lazy("of a thing", "kind"),
        "amount": _("amount"),
        "reason": _("reason"),
        "applied_at": _("applied at"),
        "finished_at": _("finished at"),
        "outcome": _("outcome"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        found, further = slice_of(self._of(subject).select_related("order"), after, limit)
        return Slice(
            [
                {
                    "refund_no": row.refund_no,
                    "order_no": row.order.order_no,
                    "kind": row.get_kind_display(),
                    "amount": str(row.amount),
                    "reason": row.reason,
                    "applied_at": row.applied_at,
                    "finished_at": row.finished_at,
                    "outcome": row.outcome_word,
                }
                for row in found
            ],
            further,
        )

    def running(self, subject: Subject) -> Any:
        if self._of(subject).filter(outcome=None).exists():
            return _("A refund is not finished yet.")
        return ""

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        # The transaction stays as the law wants it; why it was undone is told in one's own words.
        return Step(self._of(subject).exclude(reason="").update(reason=""))

    def _of(self, subject: Subject) -> QuerySet[Refund]:
        return Refund.objects.filter(order__member_id=subject.member)


register(Refunds(), order=55)
register(Orders(), order=60)
