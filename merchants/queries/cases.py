"""A shop's cases as its pages, its programs and the public read them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from common.cursors import as_moment, as_number, decode_cursor, encode_cursor
from common.words import date_words
from merchants.models import (
    Appeal,
    AppealState,
    CaseFile,
    MeasureKind,
    Part,
    Penalty,
    Restored,
    Violation,
    ViolationState,
)
from merchants.penalties.restoring import word_of
from merchants.queries.penalties import is_spam, may_appeal, standing_of
from merchants.rulebook.reading import cited_by

_WITH = (
    "shop", "rule_version__rule", "statement", "penalty", "penalty__appeal",
    "penalty__appeal__ruling",
)  # fmt: skip


def told_case(user: User, violation_no: str) -> Violation | None:
    """Return the case with that number when ``user`` works for its shop and it was told to them."""
    rows = Violation.objects.told_to(user).select_related(*_WITH)
    return rows.filter(violation_no=violation_no[:20]).first()


def case_page(user: User, *, cursor: str = "", limit: int = 50) -> tuple[list[dict[str, Any]], str]:
    """Return a page of the cases told to ``user``, newest first, and the next cursor. Raises ``cursor.bad``.

    One query, however many.
    """
    rows = Violation.objects.told_to(user)
    if cursor:
        (last,) = decode_cursor(cursor, as_number)
        rows = rows.filter(pk__lt=last)
    found = list(
        rows.select_related(
            "shop", "rule_version__rule", "statement", "penalty", "penalty__appeal"
        ).order_by("-pk")[: limit + 1]
    )
    page = [_line(row) for row in found[:limit]]
    return page, encode_cursor([found[limit - 1].pk]) if len(found) > limit else ""


def _line(row: Violation) -> dict[str, Any]:
    penalty = getattr(row, "penalty", None)
    appeal = getattr(penalty, "appeal", None)
    return {
        "violation_no": row.violation_no,
        "shop_no": row.shop.shop_no,
        "shop": row.shop.name,
        "rule": row.rule_version.rule.title,
        "violation_class": row.violation_class,
        "state": row.state,
        "state_label": row.get_state_display(),
        "points": penalty.points if penalty else None,
        "noticed_at": row.noticed_at,
        "due_at": _due(row, penalty, appeal),
        "appeal_state": appeal.state if appeal else None,
    }


def _due(row: Violation, penalty: Penalty | None, appeal: Appeal | None) -> datetime | None:
    """Return what the shop's next clock is due at, whether it has passed or not."""
    if row.state == ViolationState.NOTICED:
        stated_by = None if hasattr(row, "statement") else row.statement_due_at
        return max(filter(None, (stated_by, row.exam_due_at)), default=None)
    if appeal is not None:
        return appeal.due_at if appeal.state == AppealState.SENT_BACK else None
    return penalty.appeal_until if penalty else None


def case_card(row: Violation, now: datetime) -> dict[str, Any]:
    """Return everything a shop reads of one case: act, evidence, rule of the time, points, dates, what restores."""
    penalty = getattr(row, "penalty", None)
    files = _files(row)
    version = row.rule_version
    return {
        "violation_no": row.violation_no,
        "shop_no": row.shop.shop_no,
        "shop": row.shop.name,
        "state": row.state,
        "state_label": row.get_state_display(),
        "violation_class": row.violation_class,
        "violation_class_label": row.get_violation_class_display(),
        "act": row.act,
        "act_at": row.act_at,
        "order_no": row.order_no,
        "evidence": row.evidence,
        "evidence_files": files[Part.EVIDENCE],
        "fake_ratings": [
            {
                "order_no": one.rating.order_no,
                "counts": one.measure is None or one.measure.ended_at is not None,
            }
            for one in row.named_ratings.select_related("rating", "measure").order_by("pk")
        ],
        "rule": {
            "code": version.rule.code,
            "title": version.rule.title,
            "version": version.number,
            "text": version.text,
            "effective_from": version.effective_from,
            "effective_until": version.effective_until,
            "articles": cited_by(version),
        },
        "points_possible": {"points": row.points, "items": row.items},
        "noticed_at": row.noticed_at,
        "statement_until": row.statement_due_at,
        "may_state": row.may_state(now) and not hasattr(row, "statement"),
        "is_emergency": row.emergency_at is not None,
        "statement": _statement(row, files[Part.STATEMENT]),
        "exam": _exam(row, now),
        "decision": _decision(row, penalty, now),
        "appeal": _appeal(penalty, files[Part.APPEAL]),
        "ended_at": row.ended_at,
        "ended_why": row.get_ended_why_display() if row.ended_why else None,
    }


def _files(row: Violation) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {str(part): [] for part in Part.values}
    for file in row.files.exclude(part="").order_by("uploaded_at", "pk"):
        found[file.part].append(file_card(file))
    return found


def file_card(file: CaseFile) -> dict[str, Any]:
    """Return one file as it is named outside."""
    number = file.violation.violation_no
    facts = ("kind", "name", "size", "content_type")
    url = f"/api/v1/shop/violations/{number}/files/{file.public_key}/"
    return {"id": file.public_key} | {name: getattr(file, name) for name in facts} | {"url": url}


def file_for(user: User, violation_no: str, key: UUID) -> CaseFile | None:
    """Return a file of a case when ``user`` may open it."""
    rows = CaseFile.objects.visible_to(user).filter(violation__violation_no=violation_no[:20])
    return rows.filter(pk=key).first()


def _statement(row: Violation, files: list[dict[str, Any]]) -> dict[str, Any] | None:
    said = getattr(row, "statement", None)
    return {"text": said.text, "at": said.at, "files": files} if said else None


def _exam(row: Violation, now: datetime) -> dict[str, Any] | None:
    if not is_spam(row):
        return None
    return {
        "may_choose": row.exam_year is None and row.state == ViolationState.NOTICED
        and row.may_state(now),
        "is_chosen": row.exam_year is not None,
        "until": row.exam_due_at,
    }  # fmt: skip


def _decision(row: Violation, penalty: Penalty | None, now: datetime) -> dict[str, Any] | None:
    if penalty is None:
        return None
    return {
        "points": penalty.points,
        "points_before": penalty.points_before,
        "is_strike": penalty.is_strike,
        "node": penalty.node,
        "node_label": penalty.get_node_display(),
        "reason": penalty.reason,
        "decided_at": penalty.decided_at,
        "is_emergency": penalty.is_emergency,
        "starts_at": penalty.starts_at,
        "until": penalty.until,
        "is_for_good": bool(penalty.node) and penalty.until is None,
        "measures": [
            {
                "kind": one.kind,
                "label": one.get_kind_display(),
                "from": one.starts_at,
                "until": one.until,
                "ended_at": one.ended_at,
            }
            for one in penalty.measures.order_by("pk")
        ],
        # Only what still runs is restored by something; what has ended is restored.
        "missing": standing_of(penalty).missing(now) if penalty.ended_at is None else [],
        "exam_score": penalty.exam_score,
        "published_at": penalty.published_at,
        "withdrawn_at": penalty.withdrawn_at,
        "appeal_until": penalty.appeal_until,
        "may_appeal": may_appeal(penalty, now) and not hasattr(penalty, "appeal"),
    }


def _appeal(penalty: Penalty | None, files: list[dict[str, Any]]) -> dict[str, Any] | None:
    appeal = getattr(penalty, "appeal", None)
    if penalty is None or appeal is None:
        return None
    ruling = getattr(appeal, "ruling", None)
    return {
        "state": appeal.state,
        "state_label": appeal.get_state_display(),
        "text": appeal.text,
        "filed_at": appeal.filed_at,
        "came_at": appeal.came_at,
        "due_at": appeal.due_at,
        "is_late": appeal.is_late,
        "missing": appeal.missing,
        "files": files,
        "outcome": ruling.outcome if ruling else None,
        "outcome_label": ruling.get_outcome_display() if ruling else None,
        "reason": ruling.reason if ruling else None,
        "citation": ruling.citation if ruling else None,
        "points_before": ruling.points_before if ruling else None,
        "points_after": ruling.points_after if ruling else None,
        "ruled_at": ruling.at if ruling else None,
        "restored": restored_lines(appeal),
    }


def restored_lines(appeal: Appeal) -> list[dict[str, Any]]:
    """Return what an appeal gave back, in the order it was given."""
    kinds = dict(MeasureKind.choices)
    return [
        {
            "what": one.what,
            "label": word_of(one.what),
            "about": str(kinds.get(one.before.get("kind", ""), "")) or _shown(one),
            "line": _given_line(one),
            "before": one.before,
            "after": one.after,
        }
        for one in appeal.restored.order_by("pk")
    ]


def _shown(one: Restored) -> str:
    """Return what a thing is of when people can read it: a class of points, not a number of a row."""
    if one.about.isdigit():
        return ""
    named = word_of(f"{one.what}:{one.about}")
    return one.about if named == f"{one.what}:{one.about}" else named


def _given_line(one: Restored) -> str:
    """Say of one thing what it was and what it is again, in words."""
    before, after = one.before, one.after
    match one.what:
        case "points":
            return f"{before['points']} → {after['points']}"
        case "until":
            return _("ends %(at)s") % {"at": date_words(datetime.fromisoformat(after["until"]))}
        case "notice":
            return _("taken off the public page")
        case "strike":
            return _("no longer counted")
        case "ratings":
            return _("%(n)s count again") % {"n": len(after["orders"])}
        case "limits":
            kinds = dict(MeasureKind.choices)
            held = _(", ").join(str(kinds.get(kind, kind)) for kind in after["measures"])
            return held or _("nothing holds any more")
        case "measure":
            hours = before["ran_seconds"] / 3600
            return _("was in force for %(hours)s hours") % {"hours": f"{hours:,.1f}"}
    if "value" in after:
        return f"{_figure(before['value'])} → {_figure(after['value'])}"
    return ""


def _figure(value: Any) -> str:
    return "—" if value is None else str(value)


def notice_page(*, cursor: str = "", limit: int = 50) -> tuple[list[dict[str, Any]], str]:
    """Return a page of the public notices that stand now, newest first: shop, act, measures, until when."""
    rows = Penalty.objects.filter(published_at__isnull=False, withdrawn_at=None)
    if cursor:
        at, last = decode_cursor(cursor, as_moment, as_number)
        rows = rows.filter(published_at__lte=at).exclude(published_at=at, pk__gte=last)
    found = list(
        rows.select_related("shop", "violation__rule_version__rule")
        .prefetch_related("measures")
        .order_by("-published_at", "-pk")[: limit + 1]
    )
    page = [
        {
            "shop_no": row.shop.shop_no,
            "shop": row.shop.name,
            "rule": row.violation.rule_version.rule.title,
            "violation_class": row.violation.violation_class,
            "act": row.violation.act,
            "measures": [
                one.get_kind_display() for one in row.measures.all() if one.ended_at is None
            ],
            "published_at": row.published_at,
            "until": row.until,
        }
        for row in found[:limit]
    ]
    more = len(found) > limit
    end = found[limit - 1] if more else None
    return page, encode_cursor([end.published_at, end.pk]) if end else ""
