"""What every move of a version does: hold the rule and the version, ask, write, record."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError
from common.history import record
from merchants.models import Rule, RuleVersion
from merchants.rulebook import rules

MANAGE, APPROVE = "rules.manage", "rules.approve"
DUE = "rulebook.due"
"""The one timer of a version: what it does follows from the state."""

ABOUT = "order"
"""What the condition of a rule is asked of."""

LONGEST_TEXT, LONGEST_ANSWER = 20_000, 4_000


def locked(version: RuleVersion) -> RuleVersion:
    """Return the version as it is now; it and its rule are held until the transaction ends."""
    rule = Rule.objects.select_for_update().get(pk=version.rule_id)
    held = RuleVersion.objects.select_for_update().get(pk=version.pk)
    held.rule = rule
    return held


def move(
    version: RuleVersion,
    to: str,
    event: str,
    *,
    by: User | None,
    now: datetime | None = None,
    reason: str = "",
    **fields: Any,
) -> RuleVersion:
    """Take a locked version to another state, with its line of history. Raises ``rule.cannot_move``."""
    require_move(version, to)
    before = {"state": version.state}
    fields |= {"state": to, "state_since": now or timezone.now()}
    for name, given in fields.items():
        setattr(version, name, given)
    version.save(update_fields=list(fields))
    told = {name: given for name, given in fields.items() if name != "result_text"}
    record(version, event, by=by, before=before, after=told, reason=reason, at=now)
    return version


def require_move(version: RuleVersion, to: str) -> None:
    """Raise ``rule.cannot_move`` unless the version may go to ``to``; it names what would have worked."""
    if not rules.may_move(version.state, to):
        raise DomainError(
            "rule.cannot_move",
            _("This is not possible while it is “%(state)s”.")
            % {"state": version.get_state_display()},
            state=version.state,
            possible_from=rules.sources(to),
        )


def require_second(by: User, *others: int | None) -> None:
    """Raise ``rule.same_person`` when ``by`` is one of the people who have acted before."""
    if by.pk in others:
        raise DomainError("rule.same_person", _("A second person decides this."))
