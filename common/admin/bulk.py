"""An action on all that match: tried out on a sample, then done in the background, row by row."""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.forms import PasswordInput
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from common.admin.acts import Act, Outcome, perform
from common.admin.asking import changes_of, filter_words
from common.errands import start_job, until
from common.errors import DomainError
from common.parameters import value

TRIAL_SECONDS = 8.0


class BulkActs:
    """Actions on more rows than a page answers for at once."""

    listing: Any
    admin_site: Any
    opts: Any

    def bulk_page(
        self, request: HttpRequest, act: Act, queryset: Any, *, back: str
    ) -> HttpResponse | None:
        """Ask for, try out or begin a job on all of ``queryset``; None: go back to the list."""
        user: Any = request.user
        most = value("backoffice.bulk_rows")
        if not goes_in_bulk(act) or not user.can("admin.bulk"):
            messages.warning(
                request, _("This is done for few at a time. Narrow the list down first.")
            )
            return None
        keys = list(queryset.order_by("-pk").values_list("pk", flat=True)[: most + 1])
        if len(keys) > most:
            messages.warning(
                request,
                _("More than %(most)s match. Narrow the list down first.") % {"most": f"{most:,}"},
            )
            return None
        sample = sample_of(keys, value("backoffice.trial_rows"))
        rows = list(queryset.filter(pk__in=sample))
        step = request.POST.get("step", "")
        bound = step in {"try", "do"}
        form = act.form(request.POST if bound else None, request=request, subjects=rows)
        words = filter_words(changes_of(self, request))
        outcome = None
        if bound and form.is_valid():
            if step == "do":
                try:
                    job = start_job(
                        queryset,
                        listing=self.listing,
                        act=act.name,
                        answers={name: request.POST.getlist(name) for name in form.fields},
                        filters="；".join(words),
                        by=user,
                        reason=form.cleaned_data["reason"],
                    )
                except DomainError as refusal:
                    messages.warning(request, refusal.message)
                    return None
                return HttpResponseRedirect(
                    reverse(f"{self.admin_site.name}:common_job_change", args=[job.pk])
                )
            outcome = self._tried(act, request, rows, form.cleaned_data)
        context = {
            **self.admin_site.each_context(request),
            "title": act.question,
            "act": act,
            "form": form,
            "rows": [self.title_of(request, row) for row in rows[:20]],  # type: ignore[attr-defined]
            "rows_more": len(keys) - min(len(rows), 20),
            "rows_count": len(keys),
            "filters": words,
            "in_background": True,
            "outcome": outcome,
            "tried": len(outcome.done) + len(outcome.refused) if outcome else 0,
            "refused": refusals(outcome),
            "back": back,
            "hidden": self._carried(request),  # type: ignore[attr-defined]
            "opts": self.opts,
            "model_admin": self,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "common/admin/act.html", context)

    def _tried(
        self, act: Act, request: HttpRequest, rows: list[Any], answers: dict[str, Any]
    ) -> Outcome:
        outcome = Outcome([], [], [])
        in_time = until(TRIAL_SECONDS)
        for row in rows:
            if not in_time():
                break
            one = perform(act, self, request, [row], answers, keep=False)
            outcome.done.extend(one.done)
            outcome.refused.extend(one.refused)
        return outcome


def goes_in_bulk(act: Act) -> bool:
    """Tell whether an action may be done in the background: nothing secret is asked or shown."""
    secret = any(isinstance(it.widget, PasswordInput) for it in act.form.base_fields.values())
    return act.in_bulk and not secret


def sample_of(keys: list[Any], most: int) -> list[Any]:
    """Return at most ``most`` of ``keys``, evenly spread from the newest to the oldest."""
    if len(keys) <= most:
        return keys
    return [keys[place * len(keys) // most] for place in range(most)]


def refusals(outcome: Outcome | None) -> list[tuple[str, int]]:
    """Return the sentences of what was refused, the most frequent first, with how often."""
    if outcome is None:
        return []
    return Counter(said for _row, said in outcome.refused).most_common()
