"""Charts of merchants on the first page: open cases, appeals and complaints with their clocks, scores."""

from datetime import datetime
from itertools import pairwise

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.dashboard import Chart, Facts, Part, dashboard_facts
from common.words import moment_words
from merchants.models import AppealState, ViolationState
from merchants.queries.first_page import (
    STEPS,
    Clocks,
    appeal_clocks,
    complaint_clocks,
    dsr_spread,
    open_cases,
)

TOO_FEW = 30
"""Below so many shops a distribution is said, not drawn."""


def _list(name: str, query: str = "") -> str:
    return reverse(f"admin:merchants_{name}_changelist") + query


@dashboard_facts("cases", permission="merchants.view_violation", order=60, seconds=30)
def cases(now: datetime) -> Facts:
    """Say how many cases of shops are open, and by when appeals are to be ruled."""
    return Facts(charts=[_cases(), _appeals(now)])


@dashboard_facts("complaints", permission="merchants.view_reviewcomplaint", order=61, seconds=30)
def complaints(now: datetime) -> Facts:
    """Say how many complaints about reviews wait, and by when they are to be decided."""
    clocks, final = complaint_clocks(now)
    parts = [
        Part(_("late"), clocks.late, _list("reviewcomplaint", "?waits=late"), _bad(clocks)),
        Part(_("due within a day"), clocks.soon),
        Part(_("later"), clocks.later),
    ]
    note = _waiting(clocks, now)
    if final:
        note = _("%(note)s %(n)s for the final decision.") % {"note": note, "n": f"{final:,}"}
    return Facts(
        charts=[
            Chart(
                _("Complaints about reviews"),
                note,
                parts if clocks.all else [],
                _list("reviewcomplaint"),
                _("All complaints"),
            )
        ]
    )


@dashboard_facts("scores", permission="merchants.view_dsrsnapshot", order=62, seconds=300)
def scores(now: datetime) -> Facts:
    """Say how the scores of shops are spread."""
    counts = dsr_spread()
    whole = sum(counts)
    labels = [
        _("below %(score)s") % {"score": STEPS[0]},
        *(f"{low}–{high}" for low, high in pairwise((*STEPS, "5.0"))),
    ]
    if whole < TOO_FEW:
        note = _("Scores of fewer than %(n)s shops are known; too few to judge.") % {"n": TOO_FEW}
        parts = []
    else:
        note = _("%(n)s shops with all three scores, as counted last night") % {"n": f"{whole:,}"}
        parts = [Part(label, count) for label, count in zip(labels, counts, strict=True)]
    chart = Chart(
        _("Scores of shops (DSR)"), note, parts, _list("dsrsnapshot"), _("DSR day by day")
    )
    return Facts(charts=[chart])


def _cases() -> Chart:
    counts = open_cases()
    whole = sum(counts.values())
    note = (
        ngettext("%(n)s case is open", "%(n)s cases are open", whole) % {"n": f"{whole:,}"}
        if whole
        else _("No case is open.")
    )
    parts = [
        Part(str(ViolationState(state).label), count, _list("violation", f"?state__exact={state}"))
        for state, count in counts.items()
    ]
    return Chart(
        _("Violations of shops"), note, parts if whole else [], _list("violation"), _("All cases")
    )


def _appeals(now: datetime) -> Chart:
    clocks, papers = appeal_clocks(now)
    parts = [
        Part(_("late"), clocks.late, _list("appeal", "?late=yes"), _bad(clocks)),
        Part(_("due within a day"), clocks.soon, _list("appeal", "?late=no")),
        Part(_("later"), clocks.later, _list("appeal", "?late=no")),
        Part(
            str(AppealState.SENT_BACK.label), papers,
            _list("appeal", f"?state__exact={AppealState.SENT_BACK}"),
        ),
    ]  # fmt: skip
    return Chart(
        _("Appeals that wait"),
        _waiting(clocks, now),
        parts if clocks.all or papers else [],
        _list("appeal"),
        _("All appeals"),
    )


def _bad(clocks: Clocks) -> str:
    return "bad" if clocks.late else ""


def _waiting(clocks: Clocks, now: datetime) -> str:
    if clocks.first is None:
        return _("Nothing waits for us.")
    return _("%(n)s wait for us, the first is due %(moment)s.") % {
        "n": f"{clocks.all:,}", "moment": moment_words(clocks.first, now=now),
    }  # fmt: skip
