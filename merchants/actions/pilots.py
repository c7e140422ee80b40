"""Pilot shops (蜂王店铺): let in by figures, reviewed, leaving; declining what is new; their words."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions import notify_many
from accounts.models import User
from accounts.rules import RIGHTS
from apass.actions import decline_for, pilots_changed, take_part_for
from apass.models import Rollout
from apass.rollouts.deciding import shop_subject
from common.deadlines import drop_deadline, set_deadline
from common.errors import DomainError, Forbidden, NotFound
from common.history import record
from common.parameters import value
from common.rights import require_right
from common.rules import midnight, shanghai_day
from merchants.actions.cases import words_of
from merchants.key_accounts import rules
from merchants.key_accounts.registry import volume_of
from merchants.models import PilotFeedback, PilotShop, PilotState, Shop, StaffRight, shops_of

MANAGE = "pilots.manage"
READ, SPEAK = "pilots.read", "pilots.speak"
REVIEW = "pilot.review"
SHOP = "shop"


@transaction.atomic
def enter_pilot(
    shop: Shop, *, by: User | None, reason: str, now: datetime | None = None
) -> PilotShop:
    """Let a shop try new things first, when it sells enough orders of enough different products.

    Raises ``forbidden``, ``pilot.no_reason``, ``pilot.no_figures``, ``pilot.criteria_not_met`` (with the
    figures) and ``pilot.already``.
    """
    require_right(by, MANAGE)
    why = _reason(reason)
    shop, moment = _hold(shop, now)
    facts = _measured(shop, moment)
    try:
        with transaction.atomic():
            pilot = PilotShop.objects.create(
                shop=shop,
                since=moment,
                review_at=_review_at(moment),
                state=PilotState.ACTIVE,
                **facts,
            )
    except IntegrityError:
        raise DomainError("pilot.already", _("This shop takes part already.")) from None
    record(
        pilot, "pilot.entered", by=by, after={"shop": shop.pk, "review_at": pilot.review_at} | facts,
        reason=why, at=moment,
    )  # fmt: skip
    set_deadline(REVIEW, pilot, pilot.review_at)
    pilots_changed(SHOP)
    _tell_shop(
        pilot,
        _("%(shop)s tries new things first"),
        _("You can decline each of them."),
        "in",
        moment,
    )
    return pilot


@transaction.atomic
def review_pilot(
    pilot: PilotShop, *, by: User | None, reason: str, now: datetime | None = None
) -> PilotShop:
    """Let it go on: the figures are counted anew and the next review is set.

    Raises ``forbidden``, ``pilot.no_reason``, ``pilot.left``, ``pilot.no_figures`` and
    ``pilot.criteria_not_met``: a shop that fell below leaves, or stays until its figures are back.
    """
    require_right(by, MANAGE)
    why = _reason(reason)
    pilot, moment = _held(pilot, now)
    facts = _measured(pilot.shop, moment)
    before = {name: getattr(pilot, name) for name in (*facts, "review_at", "state")}
    after = facts | {"review_at": _review_at(moment), "state": PilotState.ACTIVE}
    for name, given in after.items():
        setattr(pilot, name, given)
    pilot.save(update_fields=list(after))
    record(pilot, "pilot.reviewed", by=by, before=before, after=after, reason=why, at=moment)
    set_deadline(REVIEW, pilot, pilot.review_at)
    return pilot


@transaction.atomic
def leave_pilot(
    pilot: PilotShop, *, by: User, reason: str = "", now: datetime | None = None
) -> PilotShop:
    """Take a shop off the list: by operations with a reason, or by its own people, who need none.

    What is new reaches it with all others from now on. Raises ``not_found``, ``forbidden``,
    ``pilot.no_reason`` and ``pilot.left``.
    """
    if not by.can(MANAGE):
        _require_voice(pilot.shop, by)
        why = words_of(reason, required=False)
    else:
        why = _reason(reason)
    pilot, moment = _held(pilot, now)
    pilot.state, pilot.left_at = PilotState.LEFT, moment
    pilot.save(update_fields=["state", "left_at"])
    record(pilot, "pilot.left", by=by, after={"left_at": moment}, reason=why, at=moment)
    drop_deadline(REVIEW, pilot)
    pilots_changed(SHOP)
    _tell_shop(pilot, _("%(shop)s is no pilot shop any more"), "", "out", moment)
    return pilot


@transaction.atomic
def ask_for_review(pilot: PilotShop, *, now: datetime) -> None:
    """Say that a review is due; operations are told. Nothing when it moved on."""
    row = PilotShop.objects.select_for_update(of=("self",)).select_related("shop").get(pk=pilot.pk)
    if row.state != PilotState.ACTIVE or row.review_at > now:
        return
    row.state = PilotState.REVIEW
    row.save(update_fields=["state"])
    record(row, "pilot.review_due", by=None, after={"state": row.state}, at=now)
    roles = [role for role, rights in RIGHTS.items() if MANAGE in rights]
    notify_many(
        User.objects.filter(roles__overlap=roles),
        "portfolio.work",
        title=_("Pilot shop %(shop)s is to be reviewed"),
        url=f"/admin/merchants/pilotshop/{row.pk}/change/",
        subject=row,
        dedupe=f"review-{row.review_at.isoformat()}",
        words={"shop": row.shop.name},
        now=now,
    )


@transaction.atomic
def decline_feature(
    shop: Shop, rollout: Rollout, *, by: User, reason: str = "", now: datetime | None = None
) -> bool:
    """Keep a pilot shop out of one thing that is tried, by its own people; False when it was out already.

    Raises ``not_found``, ``forbidden`` and ``pilot.not_one``.
    """
    _require_pilot(shop, rollout, by)
    why, moment = words_of(reason, required=False), now or timezone.now()
    return decline_for(rollout, shop_subject(shop.shop_no).key, by=by, reason=why, now=moment)


@transaction.atomic
def accept_feature(
    shop: Shop, rollout: Rollout, *, by: User, reason: str = "", now: datetime | None = None
) -> bool:
    """Take the word of :func:`decline_feature` back; False when nothing was declined. Raises as it does."""
    _require_pilot(shop, rollout, by)
    why, moment = words_of(reason, required=False), now or timezone.now()
    return take_part_for(rollout, shop_subject(shop.shop_no).key, by=by, reason=why, now=moment)


@transaction.atomic
def say_of_feature(
    rollout: Rollout, text: str, *, shop: Shop | None = None, by: User, now: datetime | None = None
) -> PilotFeedback:
    """Write into the thread of something that is tried: for one's pilot shop, or for the house.

    Raises ``not_found``, ``forbidden``, ``pilot.not_one`` and the codes of ``clean``.
    """
    if shop is not None:
        _require_pilot(shop, rollout, by)
    else:
        require_right(by, SPEAK)
        _require_shops(rollout)
    moment = now or timezone.now()
    said = PilotFeedback.objects.create(
        rollout=rollout, shop=shop, by=by, text=words_of(text), at=moment
    )
    after = {"rollout": rollout.code, "shop": shop.pk if shop else None}
    record(said, "pilot.said", by=by, after=after, at=moment)
    return said


def _hold(shop: Shop, now: datetime | None) -> tuple[Shop, datetime]:
    held = Shop.objects.select_for_update(no_key=True).get(pk=shop.pk)
    return held, now or timezone.now()


def _held(pilot: PilotShop, now: datetime | None) -> tuple[PilotShop, datetime]:
    """Return a pilot that takes part, locked, and the moment. Raises ``pilot.left``."""
    row = PilotShop.objects.select_for_update(of=("self",)).select_related("shop").get(pk=pilot.pk)
    if row.state == PilotState.LEFT:
        raise DomainError("pilot.left", _("This shop has left already."))
    return row, now or timezone.now()


def _measured(shop: Shop, now: datetime) -> dict[str, int | datetime]:
    """Return what a shop sold and what it must, by real orders."""
    days = value("pilot.counted_days", now)
    volume = volume_of(shop.pk, now - timedelta(days=days), now)
    if volume is None:
        raise DomainError("pilot.no_figures", _("Nobody can say what this shop sells."))
    orders, products = value("pilot.orders", now), value("pilot.products", now)
    if not rules.meets(volume, orders=orders, products=products):
        raise DomainError(
            "pilot.criteria_not_met",
            _(
                "It sold %(orders)s orders of %(products)s products in %(days)s days;"
                " it needs %(least)s of %(kinds)s."
            )
            % {
                "orders": volume.orders, "products": volume.products, "days": days,
                "least": orders, "kinds": products,
            },
            orders=volume.orders,
            products=volume.products,
            orders_needed=orders,
            products_needed=products,
        )  # fmt: skip
    return {
        "orders": volume.orders,
        "orders_needed": orders,
        "products": volume.products,
        "products_needed": products,
        "counted_days": days,
        "measured_at": now,
    }


def _review_at(now: datetime) -> datetime:
    """Return the end of the day of the review, in Shanghai."""
    return midnight(shanghai_day(now) + timedelta(days=value("pilot.review_days", now) + 1))


def _require_voice(shop: Shop, by: User) -> None:
    """Raise unless ``by`` works for the shop and may speak for it."""
    if not by.can("shop.use") or not shops_of(by).filter(pk=shop.pk).exists():
        raise NotFound("not_found", _("No such thing, or it is not yours to see."))
    if not shops_of(by, StaffRight.VOTE).filter(pk=shop.pk).exists():
        raise Forbidden(_("Your account has no right to speak for the shop."))


def _require_pilot(shop: Shop, rollout: Rollout, by: User) -> None:
    _require_voice(shop, by)
    _require_shops(rollout)
    if not PilotShop.objects.current().filter(shop=shop).exists():
        raise DomainError("pilot.not_one", _("This shop is no pilot shop."))


def _require_shops(rollout: Rollout) -> None:
    if rollout.subject_kind != SHOP:
        raise NotFound("not_found", _("No such thing, or it is not yours to see."))


def _reason(reason: str) -> str:
    if not reason.strip():
        raise DomainError("pilot.no_reason", _("Write why."))
    return words_of(reason)


def _tell_shop(pilot: PilotShop, title: object, body: object, dedupe: str, now: datetime) -> None:
    notify_many(
        User.objects.filter(
            staff_accounts__merchant__shops=pilot.shop_id, staff_accounts__ended_at=None
        ).distinct(),
        "shop.people",
        title=title,
        body=body,
        url="/pilots/",
        subject=pilot,
        dedupe=dedupe,
        words={"shop": pilot.shop.name},
        now=now,
    )
