"""The question of every door: is this open to them? Answered in the process, without a query."""

from datetime import datetime

from django.utils import timezone

from accounts.models import Member, User
from apass.models import Rollout, RolloutPromise
from apass.rollouts import rules
from apass.rollouts.exposures import Noted, notebook
from apass.rollouts.features import feature
from apass.rollouts.rules import Decision, Subject
from apass.rollouts.snapshot import plan_of

OPEN_TO_ALL = Decision(True, "no rollout")
OPEN_TO_NOBODY = Decision(False, "no rollout")


def member_subject(member: Member) -> Subject:
    """Return a member as rollouts know them."""
    return Subject(f"member:{member.pk}", member.tier, member.registered_at)


def shop_subject(shop_no: str, opened_at: datetime | None = None) -> Subject:
    """Return a shop as rollouts know it."""
    return Subject(f"shop:{shop_no}", registered_at=opened_at)


def decide(code: str, subject: Subject, *, now: datetime | None = None) -> Decision:
    """Decide about ``subject`` and leave no trace. Seen at most a second late; no query.

    What has no rollout is as its feature says; a code that is no feature is closed.
    """
    found = plan_of(code)
    if found is None:
        return _without_rollout(code)
    return rules.decide(found[1], subject, now or timezone.now())


def meet(code: str, subject: Subject, *, now: datetime | None = None) -> Decision:
    """Decide, and note that ``subject`` has met the rollout: one append to a queue in memory."""
    found = plan_of(code)
    if found is None:
        return _without_rollout(code)
    moment = now or timezone.now()
    decision = rules.decide(found[1], subject, moment)
    if decision.arm:
        notebook.note(Noted(found[0], subject.key, decision.arm, decision.stage, moment))
    return decision


def is_open(code: str, user: User) -> bool:
    """Tell whether the feature ``code`` is open to a person: staff work with all there is.

    Reads the person's member row when there is a rollout and it was not read yet, nothing else.
    """
    if plan_of(code) is None:
        return _without_rollout(code).is_in
    if not user.is_buyer:
        return True
    member = getattr(user, "member", None)
    return member is not None and meet(code, member_subject(member)).is_in


def promised(rollout: Rollout, key: str, *, now: datetime | None = None) -> bool:
    """Tell whether the subject ``key`` was promised something here that still holds."""
    moment = now or timezone.now()
    found = RolloutPromise.objects.filter(rollout=rollout, subject=key).first()
    return found is not None and (found.until is None or found.until > moment)


def _without_rollout(code: str) -> Decision:
    declared = feature(code)
    return OPEN_TO_ALL if declared is not None and declared.open_without else OPEN_TO_NOBODY
