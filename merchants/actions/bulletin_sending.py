"""Bulletins on their way: the audience frozen, shops told batch after batch, stopped, gone on with, read."""

import logging
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from accounts.actions import mark_read, notify, notify_many
from accounts.models import User
from common.errors import DomainError, NotFound
from common.history import record
from common.parameters import value
from common.rights import require_right
from merchants.actions.bulletins import (
    MANAGE,
    held,
    move,
    needs_second,
    page_of,
    require_move,
    tried_out,
)
from merchants.bulletins import rules
from merchants.bulletins.statements import MARK_TOLD, freeze_statement, readers_roles
from merchants.models import (
    Bulletin,
    BulletinRecipient,
    BulletinState,
    Urgency,
    shops_of,
)
from merchants.models.bulletins import speaks_chinese

log = logging.getLogger(__name__)

KINDS = {Urgency.NORMAL: "shop.bulletin", Urgency.URGENT: "shop.bulletin_urgent"}


@transaction.atomic
def send_bulletin(
    bulletin: Bulletin, *, by: User, reason: str = "", now: datetime | None = None
) -> Bulletin:
    """Freeze whom it is for, and let the clock tell them: one statement, however many they are.

    Raises ``forbidden``, ``bulletin.cannot_move``, ``bulletin.unknown_shops``, ``bulletin.nobody`` and
    ``bulletin.needs_second`` above the limit.
    """
    require_right(by, MANAGE)
    row, moment = held(bulletin), now or timezone.now()
    require_move(row, rules.SENDING)
    if row.state == BulletinState.STOPPED:
        raise DomainError("bulletin.stopped", _("It was stopped; go on with it instead."))
    tried_out(row, moment)
    with connection.cursor() as cursor:
        cursor.execute(*freeze_statement(row.audience, row.pk, moment))
        shops = cursor.rowcount
    limit = value("bulletin.second_person_above", moment)
    if needs_second(row, shops, moment):
        raise DomainError(
            "bulletin.needs_second",
            _("It is for %(shops)s shops; above %(limit)s a second person approves it.")
            % {"shops": shops, "limit": limit},
            shops=shops,
            limit=limit,
        )
    move(
        row, rules.SENDING, "bulletin.begun", by=by, reason=reason, now=moment,
        begun_by=by, begun_at=moment, shops=shops, limit_shops=limit,
    )  # fmt: skip
    return row


@transaction.atomic
def stop_bulletin(
    bulletin: Bulletin, *, by: User, reason: str = "", now: datetime | None = None
) -> Bulletin:
    """Tell no further shops; who was told was told. Waits for the batch under way.

    Raises ``forbidden`` and ``bulletin.cannot_move``.
    """
    require_right(by, MANAGE)
    row = held(bulletin)
    require_move(row, rules.STOPPED)
    move(row, rules.STOPPED, "bulletin.stopped", by=by, reason=reason, now=now or timezone.now())
    return row


@transaction.atomic
def resume_bulletin(
    bulletin: Bulletin, *, by: User, reason: str = "", now: datetime | None = None
) -> Bulletin:
    """Go on telling those who were not told yet. Raises ``forbidden`` and ``bulletin.cannot_move``."""
    require_right(by, MANAGE)
    row = held(bulletin)
    if row.state != BulletinState.STOPPED:
        raise DomainError("bulletin.cannot_move", _("It is not stopped."), state=row.state)
    move(row, rules.SENDING, "bulletin.resumed", by=by, reason=reason, now=now or timezone.now())
    return row


def tell_waiting(now: datetime | None = None) -> int:
    """Tell one batch of each bulletin that is being sent, urgent ones first; return how many shops.

    Trouble with one is logged and holds up no other; its batch is as if it had not begun.
    """
    waiting = Bulletin.objects.filter(state=BulletinState.SENDING)
    shops = 0
    for key in list(waiting.order_by("-urgency", "begun_at").values_list("pk", flat=True)):
        try:
            shops += tell_batch(key, now=now)
        except (InterfaceError, OperationalError):
            raise
        except Exception:
            log.exception("bulletin %s: a batch failed and is tried again", key)
    return shops


@transaction.atomic
def tell_batch(key: Any, *, now: datetime | None = None) -> int:
    """Tell the next shops of a bulletin; return how many. 0: another clock is at it, or it is over.

    Rows, notifications and figures are of one transaction: a clock that dies in it has told nobody,
    and whoever is next tells the same shops. One who works for several of them is told once.
    """
    moment = now or timezone.now()
    row = (
        Bulletin.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(pk=key, state=BulletinState.SENDING)
        .first()
    )
    if row is None:
        return 0
    waiting = BulletinRecipient.objects.filter(bulletin=row, told_at=None).order_by("pk")
    batch = dict(waiting.values_list("pk", "shop_id")[: value("bulletin.batch", moment)])
    if batch:
        told = _tell(row, batch, moment)
        row.told += len(batch)
        row.people += told
        row.save(update_fields=["told", "people"])
    if row.told >= row.shops:
        _close(row, moment)
    return len(batch)


@transaction.atomic
def mark_bulletin_read(
    bulletin: Bulletin, *, by: User, shop_no: str = "", now: datetime | None = None
) -> int:
    """Say that one's shops (or one of them) have read it; return of how many it is new.

    The first of a shop's people counts; a second time changes nothing. Raises ``not_found``.
    """
    if not by.can("shop.use"):
        raise _nothing()
    shops = shops_of(by).filter(shop_no=shop_no) if shop_no else shops_of(by)
    told = BulletinRecipient.objects.filter(
        bulletin=bulletin, shop__in=shops.values("pk"), told_at__isnull=False
    )
    if not told.exists():
        raise _nothing()
    moment = now or timezone.now()
    fresh = list(told.filter(read_at=None).order_by("pk").values_list("pk", flat=True))
    read = BulletinRecipient.objects.filter(pk__in=fresh, read_at=None).update(
        read_at=moment, read_by=by
    )
    if read:
        record(bulletin, "bulletin.read", by=by, after={"shops": read}, at=moment)
    mark_read(by, url=shop_page_of(bulletin))
    return read


def shop_page_of(bulletin: Bulletin) -> str:
    """Return the address at which shops read it."""
    return f"/shop/bulletins/{bulletin.public_key}/"


def _tell(row: Bulletin, batch: dict[int, int], now: datetime) -> int:
    """Tell who may read it at these shops; return how many people were not told before."""
    readers = User.objects.filter(
        staff_accounts__ended_at=None,
        staff_accounts__merchant__shops__in=list(batch.values()),
        roles__overlap=readers_roles(),
        is_active=True,
    ).distinct()
    told = notify_many(
        readers, KINDS[Urgency(row.urgency)], title=_spoken(row.title_zh, row.title_en),
        body=_spoken(row.body_zh, row.body_en), url=shop_page_of(row), subject=row, dedupe="told",
        now=now,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(MARK_TOLD, {"now": now, "roles": readers_roles(), "rows": list(batch)})
    return told


def _close(row: Bulletin, now: datetime) -> None:
    move(row, rules.SENT, "bulletin.sent", by=None, reason="", now=now, closed_at=now)
    if row.begun_by is not None:
        notify(
            row.begun_by, "house.bulletin", title=_("%(shops)s shops were told"), body=row.title_zh,
            url=page_of(row), subject=row, dedupe="sent", words={"shops": row.shops}, now=now,
        )  # fmt: skip


def _spoken(zh: str, en: str) -> Any:
    """Return a sentence that is said in the language of whoever is told."""
    return lazy(lambda: zh if speaks_chinese() else en, str)()


def _nothing() -> NotFound:
    return NotFound("not_found", _("No such thing, or it is not yours to see."))
