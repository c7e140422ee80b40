"""The central kitchen: one case on the table, three things that can be done with it."""

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.people import signed_in
from common.errors import DomainError
from common.text import TextRefused
from common.words import date_words
from radio import rules
from radio.actions import merge_case, reject_case, select_case
from radio.forms import MergerForm, RejectionForm, SelectionForm
from radio.models import Case, CaseState, Channel
from radio.queries.kitchen import (
    case_on_the_table,
    fillings,
    merge_choices,
    shift,
    suggested_channels,
    target,
    waiting,
)
from radio.views.frame import frame, who_can


@who_can("radio.screen")
@never_cache
@require_safe
def kitchen(request: HttpRequest, key: uuid.UUID | None = None) -> HttpResponse:
    """Show what waits, and one case of it; with ``X-Fragment`` only what others may have changed."""
    if key is None:
        case = _first_to_screen(request)
    else:
        case = Case.objects.visible_to(signed_in(request)).filter(pk=key).first()
        if case is None:
            raise Http404
    return _page(request, case)


@who_can("radio.screen")
@require_POST
def selection(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Select the case."""
    channels = Channel.objects.visible_to(signed_in(request)).on_air()
    form = SelectionForm(request.POST, channels=channels)

    def act(case: Case) -> str:
        items = select_case(
            case,
            channels=list(form.cleaned_data["channels"]),
            headline=form.cleaned_data["headline"],
            severity=form.cleaned_data["severity"],
            by=signed_in(request),
        )
        days: dict[str, list[str]] = {}
        for item in items:
            days.setdefault(date_words(item.edition.publish_at), []).append(
                str(item.edition.channel)
            )
        places = _("; ").join(
            _("%(channel)s on %(date)s") % {"channel": _(", ").join(names), "date": day}
            for day, names in days.items()
        )
        return _("Selected: %(places)s") % {"places": places}

    return _decide(request, key, "selection", form, act)


@who_can("radio.screen")
@require_POST
def merger(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Merge the case into another one."""
    form = MergerForm(request.POST, cases=Case.objects.visible_to(signed_in(request)))

    def act(case: Case) -> str:
        into = form.cleaned_data["into"]
        merge_case(case, into=into, by=signed_in(request))
        return _("Merged into “%(title)s”") % {"title": into.headline}

    return _decide(request, key, "merger", form, act)


@who_can("radio.screen")
@require_POST
def rejection(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Return the case with a reason."""
    form = RejectionForm(request.POST)

    def act(case: Case) -> str:
        reject_case(case, reason=form.cleaned_data["reason"], by=signed_in(request))
        return _("Returned; %(name)s reads the reason.") % {"name": case.pushed_by}

    return _decide(request, key, "rejection", form, act)


def _decide(
    request: HttpRequest,
    key: uuid.UUID,
    name: str,
    form: forms.Form,
    act: Callable[[Case], str],
) -> HttpResponse:
    case = (
        Case.objects.visible_to(signed_in(request))
        .select_related("pushed_by")
        .filter(pk=key)
        .first()
    )
    if case is None:
        raise Http404
    if form.is_valid():
        try:
            messages.info(request, act(case))
            following = _first_to_screen(request)
            where = [following.pk] if following else []
            return redirect(reverse("radio-kitchen-case" if where else "radio-kitchen", args=where))
        except (DomainError, TextRefused) as refused:
            form.add_error(None, str(refused.message))
    return _page(request, case, status=422, **{name: form})


def _first_to_screen(request: HttpRequest) -> Case | None:
    pending = waiting()
    return pending.exclude(pushed_by=signed_in(request)).first() or pending.first()


def _page(
    request: HttpRequest, case: Case | None, *, status: int = 200, **bound: forms.Form
) -> HttpResponse:
    now, pending = timezone.now(), list(waiting())
    context: dict[str, Any] = {
        "pending": pending,
        "to_screen": sum(row.pushed_by_id != signed_in(request).pk for row in pending),
        "fillings": fillings(signed_in(request), now),
        "target": target(now),
        "shift": shift(now),
        "now": now,
        "case": case_on_the_table(case) if case else None,
    }
    if case is not None:
        context |= _table(request, context["case"], pending, bound)
    if request.headers.get("X-Fragment"):
        return render(request, "radio/parts/kitchen_panes.html", context)
    page = frame(request, "radio-kitchen") | context
    return render(request, "radio/kitchen.html", page, status=status)


def _table(
    request: HttpRequest, case: Case, pending: list[Case], bound: dict[str, forms.Form]
) -> dict[str, Any]:
    now, is_own = timezone.now(), case.pushed_by_id == signed_in(request).pk
    open_to_me = case.state == CaseState.PENDING and not is_own
    channels = Channel.objects.visible_to(signed_in(request)).on_air()
    suggested = suggested_channels(case)
    return {
        "is_own": is_own,
        "open_to_me": open_to_me,
        "limit": rules.HEADLINE_CHARACTERS,
        "following": _after(
            case, [row for row in pending if row.pushed_by_id != signed_in(request).pk]
        ),
        "selection": bound.get("selection")
        or SelectionForm(
            channels=channels,
            initial={
                "headline": case.headline[: rules.HEADLINE_CHARACTERS],
                "channels": channels.filter(pk__in=suggested),
            },
        ),
        "merger": bound.get("merger"),
        "rejection": bound.get("rejection") or RejectionForm(),
        "choices": merge_choices(case, signed_in(request), now) if open_to_me else [],
    }


def _after(case: Case, pending: list[Case]) -> Case | None:
    """Return the case that follows in the list, beginning again at its top."""
    keys = [row.pk for row in pending]
    if case.pk not in keys:
        return pending[0] if pending else None
    following = pending[(keys.index(case.pk) + 1) % len(pending)]
    return following if following.pk != case.pk else None
