"""What a shop has to do by when, and what happens when it does not.

Each kind is a piece of SQL that finds what waits (kind, due, since, facts) and a function that says it.
Apps above add their own with :func:`declare_todo`; all of them are asked in one statement.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.rules import midnight_after, shanghai_day

Facts = dict[str, Any]
SOON = timedelta(hours=24)


@dataclass(frozen=True)
class Waiting:
    """One thing to do: until when, since when, what it is, what happens otherwise, where it is done.

    ``right`` is the right of a staff account that it takes; whoever lacks it may look.
    """

    kind: str
    due_at: datetime
    since: datetime
    title: str
    otherwise: str
    url: str
    act: str
    right: str = ""


@dataclass(frozen=True)
class Todo:
    """A kind of thing to do.

    ``sql`` selects (due, since, facts as jsonb) of one shop, with the parameters ``shop``, ``merchant``,
    ``now`` and ``reply_days``; ``say(due, since, facts)`` returns what people read, None to leave it out.
    """

    kind: str
    sql: str
    say: Callable[[datetime, datetime, Facts], Waiting | None]


_todos: dict[str, Todo] = {}


def declare_todo(todo: Todo) -> Todo:
    """Add a kind of thing to do; a second one of the kind replaces the first."""
    _todos[todo.kind] = todo
    return todo


def todo_sql() -> str:
    """Return the statement that finds everything a shop has to do, as one JSON list."""
    parts = [
        f"SELECT '{todo.kind}' AS kind, f.* FROM ({todo.sql}) AS f(due, since, facts)"
        for todo in _todos.values()
    ]
    union = " UNION ALL ".join(parts)
    return f"SELECT jsonb_agg(jsonb_build_array(kind, due, since, facts)) FROM ({union}) todo"


def waiting_of(rows: Iterable[list[Any]] | None, now: datetime) -> list[Waiting]:
    """Return what was found as people read it, the nearest first; what is over is left out."""
    found = []
    for kind, due, since, facts in rows or ():
        one = _todos[kind].say(datetime.fromisoformat(due), datetime.fromisoformat(since), facts)
        if one is not None and one.due_at > now:
            found.append(one)
    return sorted(found, key=lambda one: (one.due_at, one.title))


def running_out(todos: Iterable[Waiting], now: datetime) -> int:
    """Return how many run out within a day."""
    return sum(one.due_at <= now + SOON for one in todos)


_CASE = """
  JOIN merchants_ruleversion w ON w.id = v.rule_version_id
  JOIN merchants_rule r ON r.id = w.rule_id
"""


def _case_url(facts: Facts) -> str:
    return reverse("shop-violation", args=[facts["no"]])


def _state(due: datetime, since: datetime, facts: Facts) -> Waiting:
    return Waiting(
        "state", due, since,
        _("%(rule)s: %(points)s points, you may state your side")
        % {"rule": facts["rule"], "points": f"{facts['points']:g}"},
        _("It has no effect yet. Without a word of yours it is decided on what is there."),
        _case_url(facts), _("State our side"), "answer",
    )  # fmt: skip


declare_todo(
    Todo(
        "state",
        f"""
        SELECT v.statement_due_at, v.noticed_at,
               jsonb_build_object('no', v.violation_no, 'rule', r.title, 'points', v.points * v.items)
          FROM merchants_violation v {_CASE}
         WHERE v.shop_id = %(shop)s AND v.state = 'noticed' AND v.statement_due_at > %(now)s
           AND v.exam_year IS NULL
           AND NOT EXISTS (SELECT 1 FROM merchants_statement s WHERE s.violation_id = v.id)
        """,
        _state,
    )
)


def _exam(due: datetime, since: datetime, facts: Facts) -> Waiting:
    return Waiting(
        "exam", due, since,
        _("%(rule)s: the exam you chose") % {"rule": facts["rule"]},
        _("When it is not passed by then, the case is decided as if there were no exam."),
        _case_url(facts), _("See the case"), "answer",
    )  # fmt: skip


declare_todo(
    Todo(
        "exam",
        f"""
        SELECT v.exam_due_at, v.noticed_at, jsonb_build_object('no', v.violation_no, 'rule', r.title)
          FROM merchants_violation v {_CASE}
         WHERE v.shop_id = %(shop)s AND v.state = 'noticed' AND v.exam_due_at > %(now)s
        """,
        _exam,
    )
)


def _appeal(due: datetime, since: datetime, facts: Facts) -> Waiting:
    return Waiting(
        "appeal", due, since,
        _("%(rule)s: %(points)s points, you may appeal once")
        % {"rule": facts["rule"], "points": f"{facts['points']:g}"},
        _("Somebody else decides it. After this day the decision stands."),
        _case_url(facts), _("Appeal"), "answer",
    )  # fmt: skip


declare_todo(
    Todo(
        "appeal",
        f"""
        SELECT p.appeal_until, p.decided_at,
               jsonb_build_object('no', v.violation_no, 'rule', r.title, 'points', p.points)
          FROM merchants_penalty p
          JOIN merchants_violation v ON v.id = p.violation_id {_CASE}
         WHERE p.shop_id = %(shop)s AND p.appeal_until > %(now)s AND p.points > 0
           AND NOT EXISTS (SELECT 1 FROM merchants_appeal a WHERE a.penalty_id = p.id)
        """,
        _appeal,
    )
)


def _papers(due: datetime, since: datetime, facts: Facts) -> Waiting:
    return Waiting(
        "papers", due, since,
        _("%(rule)s: your appeal lacks papers") % {"rule": facts["rule"]},
        _("Missing: %(missing)s. Without them the appeal ends.") % {"missing": facts["missing"]},
        _case_url(facts), _("Send them"), "answer",
    )  # fmt: skip


declare_todo(
    Todo(
        "papers",
        f"""
        SELECT a.due_at, a.came_at,
               jsonb_build_object('no', v.violation_no, 'rule', r.title, 'missing', a.missing)
          FROM merchants_penalty p
          JOIN merchants_appeal a ON a.penalty_id = p.id
          JOIN merchants_violation v ON v.id = p.violation_id {_CASE}
         WHERE p.shop_id = %(shop)s AND a.state = 'sent_back' AND a.due_at > %(now)s
        """,
        _papers,
    )
)


def _restore(due: datetime, since: datetime, facts: Facts) -> Waiting:
    missing = [
        words
        for name, words in (("corrected", _("the correction")), ("exam", _("the exam")))
        if not facts[name]
    ]
    return Waiting(
        "restore", due, since,
        _("%(rule)s: what is missing to be free again") % {"rule": facts["rule"]},
        _("Missing: %(missing)s. Until then the measures stay, also after this day.")
        % {"missing": _(" and ").join(missing)},
        _case_url(facts), _("See the case"), "answer",
    )  # fmt: skip


declare_todo(
    Todo(
        "restore",
        f"""
        SELECT p.until, p.begun_at,
               jsonb_build_object('no', v.violation_no, 'rule', r.title,
                                  'corrected', p.corrected_at IS NOT NULL,
                                  'exam', p.exam_passed_at IS NOT NULL)
          FROM merchants_penalty p
          JOIN merchants_violation v ON v.id = p.violation_id {_CASE}
         WHERE p.shop_id = %(shop)s AND p.begun_at IS NOT NULL AND p.ended_at IS NULL AND p.node <> ''
           AND p.until > %(now)s AND (p.corrected_at IS NULL OR p.exam_passed_at IS NULL)
        """,
        _restore,
    )
)


def _vote(due: datetime, since: datetime, facts: Facts) -> Waiting:
    voices = facts["voices"]
    return Waiting(
        "vote", due, since,
        _("Draft of a rule: %(title)s") % {"title": facts["title"]},
        ngettext(
            "You are asked what you think; %(n)s merchant has said something. Then it closes without you.",
            "You are asked what you think; %(n)s merchants have said something. Then it closes without you.",
            voices,
        )
        % {"n": voices},
        reverse("shop-rule-draft", args=[facts["code"], facts["number"]]),
        _("See the draft"), "vote",
    )  # fmt: skip


declare_todo(
    Todo(
        "vote",
        """
        SELECT w.consultation_ends_at, w.consultation_began_at,
               jsonb_build_object('code', r.code, 'number', w.number, 'title', r.title,
                   'voices', (SELECT count(*) FROM merchants_rulevote v WHERE v.version_id = w.id))
          FROM merchants_consultationinvite i
          JOIN merchants_ruleversion w ON w.id = i.version_id
          JOIN merchants_rule r ON r.id = w.rule_id
         WHERE i.merchant_id = %(merchant)s AND w.state = 'consultation'
           AND w.consultation_ends_at > %(now)s
           AND NOT EXISTS (SELECT 1 FROM merchants_rulevote v
                            WHERE v.version_id = w.id AND v.merchant_id = i.merchant_id)
        """,
        _vote,
    )
)


def _reply(due: datetime, since: datetime, facts: Facts) -> Waiting:
    n = facts["n"]
    closes = midnight_after(shanghai_day(since) + timedelta(days=facts["days"]))
    return Waiting(
        "reply", closes, since,
        ngettext(
            "%(n)s neutral or negative review has no reply",
            "%(n)s neutral or negative reviews have no reply", n,
        )
        % {"n": n},
        _("What you say stands under it for everybody. After this day the oldest stays without."),
        reverse("shop-home") + "#voices", _("Read them"), "answer",
    )  # fmt: skip


declare_todo(
    Todo(
        "reply",
        """
        SELECT max(r.rated_at), min(r.rated_at), jsonb_build_object('n', count(*), 'days', %(reply_days)s)
          FROM merchants_rating r
         WHERE r.shop_id = %(shop)s AND r.grade <= 0 AND r.withdrawn_at IS NULL AND r.comment <> ''
           AND r.rated_at > ((%(now)s AT TIME ZONE 'Asia/Shanghai')::date - %(reply_days)s)
                            AT TIME ZONE 'Asia/Shanghai'
           AND NOT r.is_excluded
           AND NOT EXISTS (SELECT 1 FROM merchants_reviewreply p WHERE p.rating_id = r.id AND p."to" = 'review')
        HAVING count(*) > 0
        """,
        _reply,
    )
)
