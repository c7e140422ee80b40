"""A member's standing in the copy of their data, and what becomes of it when they are made nameless."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from accounts.models import MemberMark, MemberMonth, MemberPeriod, ScoreEntry, TierTitle
from common.personal_data import Slice, Step, Store, Subject, register, slice_of


class Standing(Store):
    """Periods, months, entries and titles; in the copy each is a row with its kind."""

    key = "standing"
    title = _("Where I stand")
    about = _("Your tiers over time, and every row of your three scores with its cause.")
    models = (
        "accounts.MemberPeriod",
        "accounts.MemberMonth",
        "accounts.ScoreEntry",
        "accounts.TierTitle",
        "accounts.Guide",
        "accounts.MemberStanding",
    )
    columns: ClassVar[dict[str, Any]] = {
        "kind": _("kind"),
        "at": _("at"),
        "until": _("until"),
        "what": _("what"),
        "value": _("member value"),
        "credit": _("buyer credit"),
        "activity": _("activity"),
        "rules_version": _("rules version"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        kind, _dot, key = (after or "period.").partition(".")
        found: list[dict[str, Any]]
        if kind == "period":
            periods, last = slice_of(
                MemberPeriod.objects.filter(member=subject.member), key or None, limit
            )
            found = [
                {
                    "kind": _("tier"),
                    "at": one.since,
                    "until": one.until,
                    "what": one.get_tier_display(),
                    "value": one.facts.get("value"),
                    "credit": one.facts.get("credit"),
                    "activity": one.facts.get("activity"),
                    "rules_version": one.rules_version,
                }
                for one in periods
            ]
            return Slice(found, f"period.{last}" if last else "entry.")
        if kind == "entry":
            entries, last = slice_of(
                ScoreEntry.objects.filter(member=subject.member), key or None, limit
            )
            found = [
                {
                    "kind": _("entry"),
                    "at": one.at,
                    "until": one.expires_at,
                    "what": one.get_cause_display(),
                    "value": one.points if one.score == "value" else None,
                    "credit": one.points if one.score == "credit" else None,
                    "activity": one.points if one.score == "activity" else None,
                    "rules_version": one.rules_version,
                }
                for one in entries
            ]
            return Slice(found, f"entry.{last}" if last else "title.")
        if kind == "title":
            titles, last = slice_of(
                TierTitle.objects.filter(member=subject.member), key or None, limit
            )
            found = [
                {
                    "kind": _("title"),
                    "at": one.since,
                    "until": one.ended_at or one.until,
                    "what": one.get_tier_display(),
                }
                for one in titles
            ]
            return Slice(found, f"title.{last}" if last else "month.")
        return self._months(subject)

    def _months(self, subject: Subject) -> Slice:
        # One a month: a few hundred at the very most.
        return Slice(
            [
                {
                    "kind": _("orders of a month"),
                    "at": one.month,
                    "what": one.orders,
                    "value": one.value_points,
                    "credit": one.credit_points,
                    "activity": one.activity_points,
                    "rules_version": one.rules_version,
                }
                for one in MemberMonth.objects.filter(member=subject.member).order_by("month")
            ]
        )


class Marks(Store):
    """Digests by which two accounts are seen to be one person: deleted, not in the copy."""

    key = "marks"
    title = _("Marks")
    models = ("accounts.MemberMark",)
    left_out = _("Digests that only this house can make; they say nothing to anybody else.")

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        gone, _by_model = MemberMark.objects.filter(member=subject.member).delete()
        return Step(gone)


register(Standing(), order=30)
register(Marks(), order=31)
