"""Actions of the back office: what moves states, always with a reason, never by editing a field."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import models, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from common.errors import DomainError

MOST_AT_ONCE = 500


class ReasonForm(forms.Form):
    """What every action asks. Forms with more questions inherit from it; the reason stays last."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Goes into the history; colleagues and auditors read it."),
        error_messages={"required": _("Write why. Without a reason nothing is changed.")},
    )
    field_order: list[str] | None = None

    def __init__(
        self, *args: Any, request: HttpRequest, subjects: list[Any], **kwargs: Any
    ) -> None:
        self.request, self.subjects = request, subjects
        super().__init__(*args, **kwargs)
        self.fields["reason"] = self.fields.pop("reason")

    def offer(self, name: str, rows: models.QuerySet[Any]) -> None:
        """Let the question ``name``, a ``ModelChoiceField``, be answered by one of ``rows``."""
        field: Any = self.fields[name]
        field.queryset = rows


@dataclass(frozen=True)
class Act:
    """One action of an admin class: who may, what it asks, what it says and does."""

    name: str
    label: Any
    right: str
    run: Callable[..., Any]
    form: type[ReasonForm]
    question: Any
    consequence: Any
    dangerous: bool
    fits: Callable[[Any], bool] | None
    in_bulk: bool = True
    keeps_refusals: bool = False

    def transaction(self) -> AbstractContextManager[None]:
        """Return what one row is done in: a transaction, unless a refusal leaves a line of its own."""
        return nullcontext() if self.keeps_refusals else transaction.atomic()


@dataclass(frozen=True)
class Outcome:
    """What became of each row: done, or refused with the sentence why."""

    done: list[Any]
    refused: list[tuple[Any, str]]
    said: list[tuple[Any, str]]


def reason_action(
    label: Any,
    *,
    right: str,
    question: Any,
    consequence: Any,
    form: type[ReasonForm] = ReasonForm,
    dangerous: bool = False,
    fits: Callable[[Any], bool] | None = None,
    in_bulk: bool = True,
    keeps_refusals: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a method ``(self, request, row, answers)`` of a ``BaseAdmin`` an action with a reason.

    It shows in the list (for the rows chosen) and beside the form (for one row, when ``fits``
    says so), asks ``form`` on a page of its own and can be tried without keeping anything.
    ``right`` is asked of the person; ``consequence`` is the sentence of what will change.
    ``in_bulk=False`` keeps it from the background: it shows something, or is about one row.
    ``keeps_refusals=True`` is for one whose refusal is written down, which no transaction around it
    may take back.
    The method calls an action of the app and lets ``DomainError`` pass; a string it returns is
    shown once to the person who asked.
    """

    def mark(method: Callable[..., Any]) -> Callable[..., Any]:
        method.act = Act(  # type: ignore[attr-defined]
            method.__name__,
            label,
            right,
            method,
            form,
            question,
            consequence,
            dangerous,
            fits,
            in_bulk,
            keeps_refusals,
        )
        return method

    return mark


_offered: dict[str, list[Act]] = {}


def offer_act(listing: str, method: Callable[..., Any]) -> None:
    """Put an action on a list of an app below: what it does belongs to the app that offers it.

    ``listing`` is like ``accounts.member``; ``method`` is made by ``reason_action``.
    """
    _offered.setdefault(listing, []).append(method.act)  # type: ignore[attr-defined]


def offered_acts(listing: str) -> list[Act]:
    """Return what other apps do with the rows of a list."""
    return list(_offered.get(listing, ()))


class _Undo(Exception):
    pass


def perform(
    act: Act,
    admin: Any,
    request: HttpRequest,
    rows: list[models.Model],
    answers: dict[str, Any],
    *,
    keep: bool,
) -> Outcome:
    """Run ``act`` on each row in a transaction of its own; ``keep=False`` takes all of it back.

    The trial runs the real action, so it knows every refusal; nothing is sent or stored.
    """
    outcome = Outcome([], [], [])
    for row in rows:
        try:
            with act.transaction() if keep else transaction.atomic():
                said = act.run(admin, request, row, answers)
                if not keep:
                    raise _Undo
        except _Undo:
            outcome.done.append(row)
        except DomainError as refusal:
            outcome.refused.append((row, refusal.message))
        else:
            outcome.done.append(row)
            if isinstance(said, str) and said:
                outcome.said.append((row, said))
    return outcome
