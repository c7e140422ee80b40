"""Before merchants are asked: the three questions answered by name, and the order not to ask at all."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError
from common.history import record
from common.parameters import value
from common.rights import require_right
from common.text import clean
from merchants.actions.rule_moves import APPROVE, LONGEST_ANSWER, MANAGE, locked, require_second
from merchants.models import Gate, GateAnswer, RuleState, RuleVersion, SkipGround
from merchants.rulebook import rules


@transaction.atomic
def answer_gate(
    version: RuleVersion,
    dimension: str,
    *,
    score: int,
    text: str,
    question: str,
    data: str,
    consumer_score: int | None = None,
    by: User,
    now: datetime | None = None,
) -> GateAnswer:
    """Answer for one dimension of a version, by name; a second answer replaces the first, history keeps both.

    ``question`` answers the dimension's own: does a law or a product already solve it (necessity),
    what is to change by how much (effectiveness), what it means to consumers before anything else
    (reasonableness, whose ``score`` is never above ``consumer_score``). Raises ``forbidden``,
    ``gate.closed``, ``gate.dimension``, ``gate.score``, ``gate.consumers_first``, the codes of text.
    """
    require_right(by, MANAGE)
    version = locked(version)
    if version.state not in (RuleState.DRAFT, RuleState.INTERNAL_REVIEW):
        raise DomainError(
            "gate.closed", _("The three questions are answered before merchants are asked.")
        )
    if dimension not in Gate.values:
        raise DomainError("gate.dimension", _("There is no such dimension."))
    scores = [score] if consumer_score is None else [score, consumer_score]
    if any(not isinstance(one, int) or not 1 <= one <= rules.BEST for one in scores):
        raise DomainError("gate.score", _("A score is 1 to 5."))
    if dimension == Gate.REASONABLENESS:
        if consumer_score is None or score > consumer_score:
            raise DomainError(
                "gate.consumers_first",
                _("Reasonableness scores consumer rights first, and never higher than these."),
            )
    elif consumer_score is not None:
        raise DomainError("gate.score", _("Consumer rights are scored with reasonableness alone."))
    said = {
        "score": score,
        "consumer_score": consumer_score,
        "text": clean(text, max_chars=LONGEST_ANSWER),
        "question": clean(question, max_chars=LONGEST_ANSWER),
        "data": clean(data, max_chars=LONGEST_ANSWER),
    }
    before = GateAnswer.objects.filter(version=version, dimension=dimension).first()
    answer, _was_made = GateAnswer.objects.update_or_create(
        version=version,
        dimension=dimension,
        defaults={**said, "by": by, "at": now or timezone.now()},
    )
    record(
        version,
        "rule.gate_answered",
        by=by,
        before={name: getattr(before, name) for name in said} if before else None,
        after={"dimension": dimension, **said},
        at=now,
    )
    return answer


@transaction.atomic
def ask_to_skip(
    version: RuleVersion,
    *,
    ground: str,
    order: str,
    by: User,
    reason: str,
    now: datetime | None = None,
) -> RuleVersion:
    """Ask not to consult: by order alone, for the law or for consumers at risk. A second person decides.

    Raises ``forbidden``, ``rule.not_in_review``, ``rule.skip_ground``, the codes of text.
    """
    require_right(by, MANAGE)
    version = _in_review(version)
    if ground not in SkipGround.values:
        raise DomainError(
            "rule.skip_ground",
            _("Merchants are always asked, but for the law or urgent protection of consumers."),
        )
    version.skip_ground = ground
    version.skip_order = clean(order, max_chars=120, single_line=True)
    version.skip_reason = clean(reason, max_chars=LONGEST_ANSWER)
    version.skip_asked_by, version.skip_approved_by = by, None
    fields = ["skip_ground", "skip_order", "skip_reason", "skip_asked_by", "skip_approved_by"]
    version.save(update_fields=fields)
    after = {"ground": ground, "order": version.skip_order}
    record(version, "rule.skip_asked", by=by, after=after, reason=reason, at=now)
    return version


@transaction.atomic
def approve_skip(
    version: RuleVersion, *, by: User, reason: str, now: datetime | None = None
) -> RuleVersion:
    """Let a version go to its notice without a consultation.

    Raises ``forbidden``, ``rule.not_in_review``, ``rule.skip_not_asked``, ``rule.same_person``,
    ``gate.missing``, ``gate.too_low``.
    """
    require_right(by, APPROVE)
    version = _in_review(version)
    if not version.skip_ground:
        raise DomainError("rule.skip_not_asked", _("Nobody has asked not to consult."))
    require_second(by, version.skip_asked_by_id, version.drafted_by_id)
    require_gates(version, now=now or timezone.now())
    version.skip_approved_by = by
    version.save(update_fields=["skip_approved_by"])
    record(
        version, "rule.skip_approved", by=by, after={"ground": version.skip_ground}, reason=reason,
        at=now,
    )  # fmt: skip
    return version


def require_gates(version: RuleVersion, *, now: datetime) -> None:
    """Raise ``gate.missing`` or ``gate.too_low`` unless the three questions are answered well enough."""
    scores = dict(version.gates.values_list("dimension", "score"))
    opened = version.made_at or now
    gates = rules.gates_of(scores, value("rules.gate_least", opened))
    if gates.missing:
        raise DomainError(
            "gate.missing",
            _("Not answered yet: %(names)s.") % {"names": _names(gates.missing)},
            dimensions=list(gates.missing),
        )
    if gates.too_low:
        raise DomainError(
            "gate.too_low",
            _("Scored too low: %(names)s.") % {"names": _names(gates.too_low)},
            dimensions=list(gates.too_low),
        )


def _names(dimensions: Iterable[str]) -> str:
    return ", ".join(str(Gate(one).label) for one in dimensions)


def _in_review(version: RuleVersion) -> RuleVersion:
    version = locked(version)
    if version.state != RuleState.INTERNAL_REVIEW:
        raise DomainError("rule.not_in_review", _("It is not in the internal review."))
    return version
