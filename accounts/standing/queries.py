"""Where a member stands, shaped for pages and apps: tier and why, three scores row by row, what would raise them."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import (
    Cause,
    CreditBand,
    Guide,
    Member,
    MemberMonth,
    MemberPeriod,
    MemberStanding,
    Score,
    ScoreEntry,
    Tier,
    TierTitle,
)
from accounts.standing import rules
from accounts.standing.windows import Windows, windows
from common.words import last_day_words

ENTRIES_SHOWN = 200
ROWS_IN_SHORT = 3


@dataclass(frozen=True)
class Known:
    """What is stored of one member's standing."""

    member: Member
    among: Windows
    standing: MemberStanding | None
    months: list[MemberMonth]
    entries: list[ScoreEntry]
    period: MemberPeriod | None
    guide: Guide | None
    titles: list[TierTitle]

    def total(self, score: str) -> int:
        """Return a score as it is stored; a member without rows stands at the start."""
        if self.standing is None:
            return rules.total(score, 0, self.among.rules.numbers)
        stored: int = getattr(self.standing, score)
        return stored


def known_of(member: Member, now: datetime, *, in_short: bool = False) -> Known:
    """Read what is stored of ``member`` in six queries.

    ``in_short`` reads what the desk shows, in five: the newest rows of credit, and no period. What
    moves no credit is left out before they are counted off, or an old row would be missing.
    """
    among = windows(now)
    row = Member.objects.select_related("standing", "guide").get(pk=member.pk)
    months = MemberMonth.objects.filter(member=member, month__gte=among.oldest).order_by("-month")
    entries = (
        ScoreEntry.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), member=member)
        .select_related("about")
        .order_by("-at", "-pk")
    )
    if in_short:
        earning = months.filter(month__gte=among.credit_from).exclude(credit_points=0)
        months, entries = earning[:ROWS_IN_SHORT], entries.filter(score=Score.CREDIT)
    periods = MemberPeriod.objects.filter(member=member, until=None)
    return Known(
        member=member,
        among=among,
        standing=getattr(row, "standing", None),
        months=list(months),
        entries=list(entries[: ROWS_IN_SHORT if in_short else ENTRIES_SHOWN]),
        period=None if in_short else periods.first(),
        guide=getattr(row, "guide", None),
        titles=list(
            TierTitle.objects.filter(
                member=member, ended_at=None, since__lte=now, until__gt=now
            ).order_by("-until")
        ),
    )


def tier_at(member: Member, at: datetime) -> str:
    """Return the tier in force at ``at``, also long ago; that of now when no period is known."""
    period = (
        MemberPeriod.objects.filter(member=member, since__lte=at)
        .filter(Q(until=None) | Q(until__gt=at))
        .values_list("tier", flat=True)
        .first()
    )
    return period or member.tier


def standing_card(member: Member, now: datetime) -> dict[str, Any]:
    """Return tier, why, the three scores with every row, and what would raise each."""
    known = known_of(member, now)
    return {
        "tier": member.tier,
        "tier_label": str(Tier(member.tier).label),
        "since": known.period.since if known.period else member.registered_at,
        "why": why_tier(known, now),
        "next_settled_on": next_settled_on(known.among, now),
        "scores": [_score(known, score, now) for score in Score],
        "guide": _guide(known, now),
    }


def standing_in_short(member: Member, now: datetime) -> dict[str, Any]:
    """Return what the desk shows: totals, the credit's band with the scale, its three newest rows."""
    known = known_of(member, now, in_short=True)
    numbers = known.among.rules.numbers
    credit = _score(known, Score.CREDIT, now)
    return {
        "why": why_tier(known, now),
        "value": known.total(Score.VALUE),
        "activity": known.total(Score.ACTIVITY),
        "credit": known.total(Score.CREDIT),
        "band": credit["band"],
        "band_label": credit["band_label"],
        "scale": [numbers.fair_from, numbers.good_from, numbers.excellent_from],
        "ceiling": numbers.credit_ceiling,
        "rows": credit["rows"][:ROWS_IN_SHORT],
        "guide": _guide(known, now),
    }


def why_tier(known: Known, now: datetime) -> str:
    """Say in a sentence why the member has this tier, and until when if that is known."""
    numbers, tier = known.among.rules.numbers, known.member.tier
    value, credit = known.total(Score.VALUE), known.total(Score.CREDIT)
    title = next((one for one in known.titles if one.tier == tier), None)
    if title is not None:
        return _("%(tier)s until %(day)s.") % {
            "tier": Tier(tier).label,
            "day": last_day_words(title.until),
        }
    guided = known.guide is not None and known.guide.ended_at is None
    if tier == Tier.NEW and guided and known.guide:
        return ngettext(
            "Guided until %(day)s or the third order; %(n)s so far.",
            "Guided until %(day)s or the third order; %(n)s so far.",
            known.guide.completed,
        ) % {"day": last_day_words(known.guide.ends_at), "n": known.guide.completed}
    earned = rules.earned_tier(rules.Facts(value, credit, guided), numbers)
    if tier == Tier.SUPER and earned == Tier.SUPER:
        return _("Member value %(value)s reaches %(need)s, buyer credit %(credit)s reaches %(good)s.") % {
            "value": value, "need": numbers.super_value, "credit": credit, "good": numbers.super_credit,
        }  # fmt: skip
    if earned != tier and tier not in (Tier.NEW, Tier.NORMAL):
        return _("Kept until the next recompute on %(day)s; member value is %(value)s now.") % {
            "day": date_format(next_settled_on(known.among, now), "Y-m-d"),
            "value": value,
        }
    return _("Member value %(value)s; %(need)s makes a super member.") % {
        "value": value,
        "need": numbers.super_value,
    }


def next_settled_on(among: Windows, now: datetime) -> date:
    """Return the next day on which a tier may fall."""
    numbers = among.rules.numbers
    day = rules.settled_on(now.astimezone(rules.SHANGHAI).date(), numbers)
    return rules.add_months(day.replace(day=1), 1).replace(day=numbers.recompute_day)


def _score(known: Known, score: str, now: datetime) -> dict[str, Any]:
    numbers = known.among.rules.numbers
    total = known.total(score)
    band = rules.band_of(total, numbers) if score == Score.CREDIT else None
    rows = _month_rows(known, score) + [_entry_row(e) for e in known.entries if e.score == score]
    rows.sort(key=lambda row: row["at"], reverse=True)
    return {
        "score": score,
        "label": str(Score(score).label),
        "total": total,
        "start": numbers.credit_start if score == Score.CREDIT else 0,
        "band": band,
        "band_label": str(CreditBand(band).label) if band else None,
        "rows": rows,
        "raises": _raises(known, score, now),
    }


def _month_rows(known: Known, score: str) -> list[dict[str, Any]]:
    numbers = known.among.rules.numbers
    counted = numbers.credit_months if score == Score.CREDIT else numbers.window_months
    oldest = known.among.credit_from if score == Score.CREDIT else known.among.value_from
    rows = []
    for month in known.months:
        points: int = getattr(month, f"{score}_points")
        if month.month < oldest or points == 0:
            continue
        words = ngettext("%(n)s order in %(month)s", "%(n)s orders in %(month)s", month.orders)
        rows.append(
            {
                "cause": "orders",
                "label": words % {"n": month.orders, "month": f"{month.month:%Y-%m}"},
                "case": f"{month.month:%Y-%m}",
                "points": points,
                "at": datetime.combine(month.month, time(0), rules.SHANGHAI),
                "counts_until": datetime.combine(
                    rules.month_ends_on(month.month, counted, numbers), time(0), rules.SHANGHAI
                ),
                "rules_version": month.rules_version,
            }
        )
    return rows


def _entry_row(entry: ScoreEntry) -> dict[str, Any]:
    label = str(Cause(entry.cause).label)
    if entry.about is not None:
        label += _(": %(what)s") % {"what": Cause(entry.about.cause).label}
    return {
        "cause": entry.cause,
        "label": label,
        "case": entry.cause_key,
        "points": entry.points,
        "at": entry.at,
        "counts_until": entry.expires_at,
        "rules_version": entry.rules_version,
    }


def _raises(known: Known, score: str, now: datetime) -> list[dict[str, Any]]:
    numbers, this_month = known.among.rules.numbers, rules.month_of(now)
    month = next((m for m in known.months if m.month == this_month), None)
    facts = rules.MonthFacts(
        month.orders if month else 0,
        month.clean_count if month else 0,
        month.spent if month else Decimal(0),
    )
    words = {
        "clean_order": _("One more order without a refund"),
        "spend": _("Every further %(yuan)s yuan this month") % {"yuan": numbers.yuan_per_point},
    }
    return [
        {
            "what": one.what,
            "label": words[one.what],
            "points": one.points,
            "most_a_month": one.most_a_month,
        }
        for one in rules.raises(score, facts, numbers)
    ]


def _guide(known: Known, now: datetime) -> dict[str, Any] | None:
    guide = known.guide
    if guide is None or guide.ended_at is not None or guide.ends_at <= now:
        return None
    return {
        "began_at": guide.began_at,
        "ends_at": guide.ends_at,
        "completed": guide.completed,
        "first_order_no": guide.first_order_no,
        "qualifies": guide.doubled_with_id is None,
    }
