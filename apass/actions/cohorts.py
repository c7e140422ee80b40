"""Cohorts: opened with a rule or a list, the list kept by hand."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from apass.actions.definition_checks import require_moments
from apass.models import Cohort, CohortMember, RolloutStage
from apass.rollouts import rules
from apass.rollouts.populations import counted, keys_of, unknown_subjects
from apass.rollouts.rules import CohortRule, StageRule
from apass.rollouts.snapshot import recheck
from common.errors import DomainError
from common.history import record
from common.rights import require_right


@transaction.atomic
def open_cohort(
    code: str,
    name: str,
    *,
    subject_kind: str,
    is_list: bool = True,
    tiers: Sequence[str] = (),
    registered_from: datetime | None = None,
    registered_until: datetime | None = None,
    by: User | None,
    now: datetime | None = None,
) -> Cohort:
    """Open a cohort: an empty list, or a rule, which is not changed any more.

    Raises ``forbidden``, ``cohort.taken``, ``cohort.list_has_a_rule``, ``cohort.backwards``, ``span.far_off``,
    ``rollout.matches_nobody`` and ``rollout.matches_everybody``.
    """
    require_right(by, "rollouts.manage")
    if is_list and (tiers or registered_from or registered_until):
        raise DomainError(
            "cohort.list_has_a_rule", _("A list has no rule. Leave tiers and days empty.")
        )
    require_moments(registered_from, registered_until)
    if registered_from and registered_until and registered_until <= registered_from:
        raise DomainError("cohort.backwards", _("The end must lie after the beginning."))
    if not is_list:
        rule = CohortRule(None, frozenset(tiers), registered_from, registered_until)
        require_part(subject_kind, StageRule(rules.NAMED, cohort=rule))
    try:
        with transaction.atomic():
            cohort = Cohort.objects.create(
                code=code,
                name=name,
                subject_kind=subject_kind,
                is_list=is_list,
                tiers=list(tiers),
                registered_from=registered_from,
                registered_until=registered_until,
            )
    except IntegrityError:
        raise DomainError("cohort.taken", _("There is a cohort with this code already.")) from None
    record(cohort, "cohort.opened", by=by, after={"code": code, "name": name}, at=now)
    return cohort


@transaction.atomic
def add_to_cohort(
    cohort: Cohort,
    numbers: Sequence[str],
    *,
    by: User | None,
    reason: str,
    now: datetime | None = None,
) -> int:
    """Put members or shops, by number, on the list; return how many are new on it.

    Raises ``forbidden``, ``cohort.no_list`` and ``rollout.unknown_subject``.
    """
    require_right(by, "rollouts.manage")
    cohort = _locked_list(cohort)
    moment = now or timezone.now()
    keys = keys_or_refusal(cohort.subject_kind, numbers)
    there = set(cohort.members.filter(subject__in=keys).values_list("subject", flat=True))
    fresh = [key for key in keys if key not in there]
    CohortMember.objects.bulk_create(
        [CohortMember(cohort=cohort, subject=key, added_at=moment) for key in fresh]
    )
    _moved(cohort)
    record(cohort, "cohort.grown", by=by, after={"added": len(fresh)}, reason=reason, at=now)
    return len(fresh)


@transaction.atomic
def remove_from_cohort(
    cohort: Cohort,
    numbers: Sequence[str],
    *,
    by: User | None,
    reason: str,
    now: datetime | None = None,
) -> int:
    """Take members or shops off the list; return how many were on it.

    Raises ``forbidden``, ``cohort.no_list``, ``rollout.unknown_subject``, and ``rollout.shrinks``
    while a stage that is open lets the list in: who wants out declines.
    """
    require_right(by, "rollouts.manage")
    cohort = _locked_list(cohort)
    keys = keys_or_refusal(cohort.subject_kind, numbers)
    is_used = RolloutStage.objects.filter(
        cohort=cohort, position__lte=F("rollout__reached")
    ).exists()
    if is_used:
        raise DomainError(
            "rollout.shrinks",
            _("An open stage lets this list in: nobody is taken off it. Who wants out declines."),
        )
    gone, _rows = cohort.members.filter(subject__in=keys).delete()
    _moved(cohort)
    record(cohort, "cohort.shrunk", by=by, before={"removed": gone}, reason=reason, at=now)
    return gone


def keys_or_refusal(kind: str, numbers: Sequence[str]) -> list[str]:
    """Return the keys of numbers people typed. Raises ``rollout.unknown_subject``, naming them."""
    keys, unknown = keys_of(kind, numbers)
    if unknown:
        raise unknown_subjects(unknown)
    if not keys:
        raise DomainError("rollout.matches_nobody", _("This matches nobody."))
    return keys


def require_part(kind: str, stage: StageRule) -> None:
    """Refuse what means nobody, or means everybody without saying so."""
    everybody, (meant,), _in = counted(kind, "", [stage], 0)
    if not meant:
        raise DomainError("rollout.matches_nobody", _("This matches nobody."))
    whole = stage.kind != rules.SHARE or stage.cohort is not None or stage.share == rules.BUCKETS
    if meant == everybody and whole and stage.kind != rules.EVERYBODY:
        raise DomainError(
            "rollout.matches_everybody",
            _("This matches all %(count)s. To open it to all, say so in a last stage.")
            % {"count": everybody},
        )


def _locked_list(cohort: Cohort) -> Cohort:
    cohort = Cohort.objects.select_for_update().get(pk=cohort.pk)
    if not cohort.is_list:
        raise DomainError("cohort.no_list", _("This cohort is a rule, not a list."))
    return cohort


def _moved(cohort: Cohort) -> None:
    Cohort.objects.filter(pk=cohort.pk).update(revision=F("revision") + 1)
    transaction.on_commit(recheck)
