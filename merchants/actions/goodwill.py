"""Goodwill of a shop: the plan with its budget; a gesture offered, answered, given, taken back, run out.

Locks are taken in one order: the shop, then the gesture. The shop's lock is what makes two offers at
one moment share one budget.
"""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, User
from common.calendars import is_workday
from common.deadlines import drop_deadline, set_deadline
from common.errors import DomainError, Forbidden, NotFound
from common.history import record
from common.ids import short_code
from common.masking import mask_text, mask_texts
from common.parameters import value
from common.search import normalise
from common.text import clean
from merchants.actions.goodwill_telling import (
    tell_answered,
    tell_given,
    tell_late,
    tell_offered,
    tell_run_out,
    tell_withdrawn,
)
from merchants.goodwill import rules
from merchants.goodwill.registry import BoughtHere, goes_on, order_of, show_card
from merchants.models import (
    Gesture,
    GestureKind,
    GestureState,
    GoodwillPlan,
    Shop,
    StaffRight,
    shops_of,
)
from merchants.penalties.rules import end_of_workday
from merchants.queries.goodwill import plan_of, spent_in
from merchants.ratings.rules import first_moment_after

OVER, LATE, COUPON_OVER = "gesture.over", "gesture.late", "gesture.coupon_over"
LONGEST_WORDS, LONGEST_PROOF = 200, 80


@transaction.atomic
def set_goodwill_plan(
    shop: Shop,
    *,
    month_budget: Decimal,
    most_each: Decimal,
    kinds: Collection[str],
    by: User,
    now: datetime | None = None,
) -> GoodwillPlan:
    """Set aside a budget a month from now on, in yuan; an amount of 0 stops new offers.

    What was promised this month stays promised, also beyond a smaller budget. Raises ``not_found``,
    ``forbidden``, ``goodwill.unknown_kind``, ``goodwill.bad_budget``.
    """
    _require_spender(shop, by)
    wanted = [kind for kind in GestureKind.values if kind in set(kinds)]
    if not wanted or set(kinds) - set(wanted):
        raise DomainError("goodwill.unknown_kind", _("Choose at least one of the kinds there are."))
    if month_budget < 0 or most_each < 0 or most_each > month_budget:
        raise DomainError(
            "goodwill.bad_budget",
            _("The budget is at least 0, and one gesture costs at most the budget of a month."),
        )
    held = _held_shop(shop)
    now = now or timezone.now()
    before = plan_of(held, now)
    plan = GoodwillPlan.objects.create(
        shop=held, month_budget=month_budget, most_each=most_each, kinds=wanted, since=now, by=by
    )
    record(
        held, "goodwill.planned", by=by, at=now,
        before=_said_of(before) if before else None, after=_said_of(plan),
    )  # fmt: skip
    return plan


@transaction.atomic
def offer_gesture(
    shop: Shop,
    *,
    order_no: str,
    kind: str,
    amount: Decimal,
    words: str,
    conversation_no: str = "",
    by: User,
    now: datetime | None = None,
) -> Gesture:
    """Offer the buyer of an order something from the shop's budget; ``amount`` is its cost in yuan.

    With ``conversation_no`` it stands as a card in that talk, which goes on about that order. Raises
    ``not_found``, ``forbidden``, ``goodwill.no_plan``, ``goodwill.unknown_kind``,
    ``goodwill.bad_amount``, ``goodwill.over_budget`` (details ``left``), ``goodwill.too_often``,
    ``goodwill.already``, ``goodwill.for_review``, ``goodwill.own_order``, ``order.unknown``,
    ``goodwill.no_talk``, and the codes of the gate of texts.
    """
    _require_spender(shop, by)
    said = mask_text(clean(words, max_chars=LONGEST_WORDS))
    # As it is searched: wide letters and traditional characters say the same.
    forbidden = [normalise(one) for one in value("goodwill.not_for_reviews", now).split()]
    if rules.is_for_a_review(normalise(said), forbidden):
        raise DomainError(
            "goodwill.for_review",
            _(
                "An offer may not speak of reviews: what makes good may not buy one. Change the words."
            ),
        )
    order = order_of(shop.pk, order_no)
    if order is None:
        raise DomainError("order.unknown", _("Your shop has no such order."))
    if Member.objects.filter(pk=order.member_id, pk__in=by.own_members()).exists():
        raise DomainError("goodwill.own_order", _("Nobody offers something to themselves."))
    if conversation_no and not goes_on(shop.pk, order.order_no, conversation_no):
        raise DomainError(
            "goodwill.no_talk", _("No talk about this order goes on under this number.")
        )
    held = _held_shop(shop)
    # After the wait: a budget set meanwhile holds, and so does a month begun meanwhile.
    now = now or timezone.now()
    _fits(held, order, kind, amount, now)
    gesture = Gesture.objects.create(
        shop=held,
        member_id=order.member_id,
        order_no=order.order_no,
        conversation_no=conversation_no,
        kind=kind,
        amount=amount,
        words=said,
        month=rules.month_of(now),
        offered_at=now,
        offered_by=by,
        holds_until=now + value("goodwill.offer_holds", now),
    )
    set_deadline(OVER, gesture, gesture.holds_until)
    record(
        gesture, "gesture.offered", by=by, at=now,
        after={"kind": kind, "amount": amount, "order": order.order_no,
               "conversation": conversation_no, "holds_until": gesture.holds_until},
    )  # fmt: skip
    show_card(gesture, held.name)
    tell_offered(gesture, now=now)
    return gesture


@transaction.atomic
def answer_gesture(
    gesture: Gesture, *, accept: bool, by: User, now: datetime | None = None
) -> Gesture:
    """Take a shop's offer, or leave it. The same answer twice changes nothing.

    What the buyer may claim by law stays as it is, whatever they answer. Raises ``not_found``,
    ``goodwill.over``.
    """
    if not Gesture.objects.of_buyer(by).filter(pk=gesture.pk).exists():
        raise NotFound("not_found", _("No such thing, or it is not yours to see."))
    row, now = _held(gesture, now)
    wanted = GestureState.ACCEPTED if accept else GestureState.DECLINED
    if row.state == wanted:
        return row
    if row.state != GestureState.OFFERED or now >= row.holds_until:
        raise DomainError("goodwill.over", _("This offer is not open any more."))
    row.state, row.answered_at = wanted, now
    drop_deadline(OVER, row)
    if not accept:
        row.ended_at, row.ended_by = now, by
    elif row.kind == GestureKind.COUPON:
        # A coupon is the buyer's to use: the shop is late with nothing.
        row.due_at = first_moment_after(now, value("goodwill.coupon_days", now))
        row.coupon_code = short_code(row.pk)
        set_deadline(COUPON_OVER, row, row.due_at)
    else:
        row.due_at = end_of_workday(now, value("goodwill.fulfil_workdays", now), is_workday)
        set_deadline(LATE, row, row.due_at)
    row.save()
    record(
        row, "gesture.accepted" if accept else "gesture.declined", by=by, at=now,
        before={"state": GestureState.OFFERED}, after={"state": wanted, "due_at": row.due_at},
    )  # fmt: skip
    tell_answered(row, now=now)
    return row


@transaction.atomic
def fulfil_gesture(
    gesture: Gesture, *, proof: str, by: User, now: datetime | None = None
) -> Gesture:
    """Say that what was accepted was given, and by what it is proved.

    Of a coupon ``proof`` is the number of the buyer's further order at the shop, of freight that of
    the payment, of a gift or an exchange that of the parcel. Raises ``not_found``, ``forbidden``,
    ``goodwill.not_accepted``, ``goodwill.no_proof``, ``goodwill.bad_order``, ``goodwill.coupon_used``.
    """
    _require_spender(gesture.shop, by)
    said = clean(proof, max_chars=LONGEST_PROOF, required=False)
    if not said:
        raise DomainError(
            "goodwill.no_proof", _("Name the order, the payment or the parcel that proves it.")
        )
    # The shop first: of two coupons used for one order at one moment, the second finds the first.
    _held_shop(gesture.shop)
    row, now = _held(gesture, now)
    is_coupon = row.kind == GestureKind.COUPON
    # A coupon is over to the second, also when the clock has not come by yet.
    is_over = is_coupon and row.due_at is not None and now >= row.due_at
    if row.state != GestureState.ACCEPTED or is_over:
        raise DomainError("goodwill.not_accepted", _("Nothing waits to be given here."))
    if is_coupon:
        _require_use(row, said)
    (said,) = mask_texts([said])
    row.state, row.proof, row.ended_at, row.ended_by = GestureState.FULFILLED, said, now, by
    row.save()
    for kind in (LATE, COUPON_OVER):
        drop_deadline(kind, row)
    record(
        row, "gesture.given", by=by, at=now,
        before={"state": GestureState.ACCEPTED}, after={"state": row.state, "proof": said},
    )  # fmt: skip
    tell_given(row, now=now)
    return row


@transaction.atomic
def withdraw_gesture(gesture: Gesture, *, by: User, now: datetime | None = None) -> Gesture:
    """Take back an offer nobody has answered yet; what was accepted is owed.

    Raises ``not_found``, ``forbidden``, ``goodwill.owed``.
    """
    _require_spender(gesture.shop, by)
    row, now = _held(gesture, now)
    if row.state != GestureState.OFFERED:
        raise DomainError(
            "goodwill.owed", _("It was answered or is over: there is no open offer to take back.")
        )
    _end(row, GestureState.WITHDRAWN, now, by)
    drop_deadline(OVER, row)
    record(
        row, "gesture.withdrawn", by=by, at=now,
        before={"state": GestureState.OFFERED}, after={"state": row.state},
    )  # fmt: skip
    tell_withdrawn(row, now=now)
    return row


@transaction.atomic
def let_gesture_run_out(gesture: Gesture, *, now: datetime) -> bool:
    """End an offer nobody answered, or a coupon nobody used; its cost is free again. False when it moved on."""
    row, now = _held(gesture, now)
    is_open = row.state == GestureState.OFFERED and now >= row.holds_until
    is_unused = (
        row.state == GestureState.ACCEPTED
        and row.kind == GestureKind.COUPON
        and row.due_at is not None
        and now >= row.due_at
    )
    if not (is_open or is_unused):
        return False
    before = row.state
    _end(row, GestureState.EXPIRED, now, None)
    record(
        row, "gesture.run_out", by=None, at=now,
        before={"state": before}, after={"state": row.state},
    )  # fmt: skip
    if is_open:
        tell_run_out(row, now=now)
    return True


@transaction.atomic
def mark_gesture_late(gesture: Gesture, *, now: datetime) -> bool:
    """Say that a shop has not given in time what was accepted. False when it has."""
    row, now = _held(gesture, now)
    if row.state != GestureState.ACCEPTED or row.is_late:
        return False
    row.is_late = True
    row.save(update_fields=["is_late"])
    record(row, "gesture.late", by=None, at=now, after={"due_at": row.due_at})
    tell_late(row, now=now)
    return True


def _fits(shop: Shop, order: BoughtHere, kind: str, amount: Decimal, now: datetime) -> None:
    """Raise unless the shop may offer this for the order. The shop is held."""
    plan = plan_of(shop, now)
    if plan is None or not plan.month_budget:
        raise DomainError(
            "goodwill.no_plan", _("Set a budget for goodwill first; offers are paid from it.")
        )
    if kind not in plan.kinds:
        raise DomainError("goodwill.unknown_kind", _("Your shop's plan does not hold this kind."))
    if amount <= 0 or amount > plan.most_each:
        raise DomainError(
            "goodwill.bad_amount",
            _("The cost is above 0 and at most ¥%(most)s.") % {"most": plan.most_each},
            most=str(plan.most_each),
        )
    if kind == GestureKind.FREIGHT and amount > order.freight:
        raise DomainError(
            "goodwill.bad_amount",
            _("The freight of this order was ¥%(most)s; no more can be given back.")
            % {"most": order.freight},
            most=str(order.freight),
        )
    left = plan.month_budget - spent_in(shop, now)
    if amount > left:
        raise DomainError(
            "goodwill.over_budget",
            _("¥%(left)s is left of this month's budget.") % {"left": max(left, Decimal(0))},
            left=str(max(left, Decimal(0))),
        )
    given = Gesture.objects.filter(shop=shop, member=order.member_id)
    if given.filter(order_no=order.order_no, kind=kind, state__in=rules.SPENT).exists():
        raise DomainError("goodwill.already", _("This was offered for this order already."))
    if given.filter(month=rules.month_of(now)).count() >= value("goodwill.per_buyer_month", now):
        raise DomainError(
            "goodwill.too_often", _("This buyer was offered enough by your shop this month.")
        )


def _require_use(coupon: Gesture, order_no: str) -> None:
    """Raise unless the coupon was used for a further order of its buyer, which no other coupon was."""
    used_for = order_of(coupon.shop_id, order_no)
    if (
        used_for is None
        or used_for.member_id != coupon.member_id
        or coupon.answered_at is None
        or used_for.paid_at < coupon.answered_at
    ):
        raise DomainError(
            "goodwill.bad_order",
            _("A coupon is used for an order the same buyer paid at your shop after accepting it."),
        )
    used = Gesture.objects.filter(
        shop=coupon.shop_id, member=coupon.member_id, kind=GestureKind.COUPON, proof=order_no
    )
    if used.exists():
        raise DomainError("goodwill.coupon_used", _("Another coupon was used for this order."))


def _end(row: Gesture, state: GestureState, now: datetime, by: User | None) -> None:
    row.state, row.ended_at, row.ended_by = state, now, by
    row.save(update_fields=["state", "ended_at", "ended_by"])


def _said_of(plan: GoodwillPlan) -> dict[str, object]:
    return {
        "month_budget": plan.month_budget, "most_each": plan.most_each, "kinds": plan.kinds,
    }  # fmt: skip


def _require_spender(shop: Shop, by: User) -> None:
    """Raise unless ``by`` may spend the shop's budget: ``not_found`` for who is of another shop."""
    if not by.is_active or not shops_of(by).filter(pk=shop.pk).exists():
        raise NotFound("not_found", _("No such thing, or it is not yours to see."))
    if not shops_of(by, StaffRight.SPEND).filter(pk=shop.pk).exists():
        raise Forbidden(_("Your account has no right to give from the shop's budget."))


def _held_shop(shop: Shop) -> Shop:
    return Shop.objects.select_for_update(no_key=True).get(pk=shop.pk)


def _held(gesture: Gesture, now: datetime | None) -> tuple[Gesture, datetime]:
    """Return the gesture as it is now, held, and the moment after the wait."""
    row = (
        Gesture.objects.select_for_update(of=("self",))
        .select_related("shop", "member__user")
        .get(pk=gesture.pk)
    )
    return row, now or timezone.now()
