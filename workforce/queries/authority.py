"""How far somebody may decide alone, at any moment."""

from datetime import datetime
from decimal import Decimal

from accounts.models import User
from common.parameters import value
from workforce import rules
from workforce.models import AgentLevel, AgentStatus, AuthorityCap, AuthorityFactor
from workforce.rules import Bars, Limit


def limit_of(user: User, kind: str, at: datetime) -> Limit:
    """Return how far ``user`` may decide about ``kind`` at ``at``, and from what that follows.

    Nobody who does not answer members may decide anything here. Raises ``ValueError`` for an
    unknown kind.
    """
    if kind not in rules.KINDS:
        raise ValueError(kind)
    if not (user.is_active and user.is_agent):
        return Limit(False, Decimal(0) if kind in rules.MONEY else None, (("role", ""),))
    level, factor, cap = level_of(user, at), factor_of(user, at), cap_of(user, kind, at)
    if kind == rules.SHOP_CLOSE:
        return rules.yes_limit(level, value("authority.shop_close_from", at), factor, cap)
    return rules.money_limit(level, value(f"authority.{kind}_{level}", at), factor, cap)


def level_of(user: User, at: datetime) -> int:
    """Return the level of ``user`` at ``at``."""
    rows = AgentLevel.objects.filter(user=user).order_by("-began_at", "-pk")
    found = rows.filter(began_at__lte=at).values_list("level", flat=True).first()
    if found is not None:
        return found
    # Before the first change nothing but what they began with is known.
    later = rows.exists()
    status = None if later else AgentStatus.objects.filter(user=user).first()
    return status.level if status else 1


def factor_of(user: User, at: datetime) -> Decimal:
    """Return what the limits of ``user`` are multiplied with at ``at``; one until it was measured."""
    rows = AuthorityFactor.objects.filter(user=user, began_at__lte=at).order_by("-began_at", "-pk")
    found = rows.values_list("factor", flat=True).first()
    return Decimal(1) if found is None else found


def cap_of(user: User, kind: str, at: datetime) -> Decimal | None:
    """Return the cap of ``user`` in force at ``at``; None where there is none."""
    rows = AuthorityCap.objects.filter(user=user, kind=kind, began_at__lte=at)
    return rows.order_by("-began_at", "-pk").values_list("amount", flat=True).first()


def bars(at: datetime) -> Bars:
    """Return what a measured month has to reach, as it holds at ``at``."""
    names = ("csat_up", "qa_up", "csat_down", "qa_down", "sample", "step", "lowest", "highest")
    return Bars(**{name: value(f"authority.{name}", at) for name in names})
