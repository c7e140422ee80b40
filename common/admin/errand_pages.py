"""The pages of long pieces of work: what all have in common, bulk jobs, exports."""

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from common.admin.asking import page_of
from common.admin.base import ReadOnlyAdmin
from common.admin.chips import Chip
from common.admin.exporting import file_of, for_one_person, may_have
from common.admin.jobs import act_of
from common.admin.lists import MomentFilter
from common.errands import fetch_export, stop_errand
from common.errors import DomainError, Forbidden
from common.events import name_events
from common.models import Errand, ErrandState, Export, Job, JobRow
from common.sheets.cells import inert

name_events(
    {
        "job.started": gettext_lazy("Bulk job begun"),
        "job.ended": gettext_lazy("Bulk job ended"),
        "export.asked": gettext_lazy("Export asked for"),
        "export.made": gettext_lazy("Export made"),
        "export.fetched": gettext_lazy("Export fetched"),
        "export.ended": gettext_lazy("Export not made"),
        "import.brought": gettext_lazy("File to import brought"),
        "import.begun": gettext_lazy("Import begun"),
        "import.ended": gettext_lazy("Import ended"),
        "import.finished": gettext_lazy("File imported"),
        "view.saved": gettext_lazy("View saved"),
        "view.changed": gettext_lazy("View changed"),
        "view.renamed": gettext_lazy("View renamed"),
        "view.shared": gettext_lazy("View shared"),
        "view.deleted": gettext_lazy("View deleted"),
        "view.restored": gettext_lazy("View brought back"),
    }
)

STATE_COLOURS: dict[str, str] = {
    ErrandState.RUNNING: "info",
    ErrandState.READY: "warning",
    ErrandState.DONE: "success",
    ErrandState.STOPPED: "warning",
    ErrandState.FAILED: "danger",
}
REFUSALS_SHOWN = 20


class ErrandAdmin(ReadOnlyAdmin):
    """One's own long pieces of work; auditors see everybody's."""

    list_filter = ("state", MomentFilter)
    list_select_related = ("by",)
    change_form_outer_before_template = "common/admin/errand.html"
    hidden_fields = (
        "served_at",
        "stop_asked_at",
        "last_key",
        "answers",
        "query",
        "columns",
        "step",
        "done",
        "total",
        "trouble",
    )

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        name = f"common_{self.opts.model_name}"
        return [
            path("<uuid:pk>/progress/", wrap(self.progress_view), name=f"{name}_progress"),
            path("<uuid:pk>/stop/", wrap(self.stop_view), name=f"{name}_stop"),
            path("<uuid:pk>/file/", wrap(self.file_view), name=f"{name}_file"),
            *super().get_urls(),
        ]

    def errand_of(self, request: HttpRequest, pk: Any) -> Any:
        """Return the errand this person may see. Raises 404."""
        errand = self.get_queryset(request).select_related("by").filter(pk=pk).first()
        if errand is None or not self.has_view_permission(request, errand):
            raise Http404
        return errand

    def errand_url(self, name: str, errand: Errand) -> str:
        """Return one of the doors of ``errand``."""
        page = f"common_{self.opts.model_name}_{name}"
        return reverse(f"{self.admin_site.name}:{page}", args=[errand.pk])

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        mine = row.by_id == request.user.pk
        return {
            "errand": row,
            "kind": self.opts.model_name,
            "mine": mine,
            "sentence": self.sentence(row),
            "progress_url": self.errand_url("progress", row),
            "stop_url": self.errand_url("stop", row)
            if mine
            and row.stop_asked_at is None
            and (row.is_open or row.state == ErrandState.READY)
            else "",
            **self.more_context(request, row),
        }

    def more_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return what this kind's own part of the page needs."""
        return {}

    def sentence(self, row: Any) -> str:
        """Say in one sentence how it stands."""
        raise NotImplementedError

    def progress_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Answer with how far it is; the page asks every second."""
        errand = self.errand_of(request, pk)
        answer = {
            "state": errand.state,
            "open": errand.is_open,
            "percent": errand.percent,
            "sentence": self.sentence(errand),
        }
        return JsonResponse(answer, headers={"Cache-Control": "private, no-store"})

    def stop_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """End it after the row at hand."""
        errand = self.errand_of(request, pk)
        if request.method != "POST":
            raise Http404
        try:
            stop_errand(errand, by=request.user)
        except DomainError as refusal:
            messages.warning(request, refusal.message)
        return HttpResponseRedirect(self.errand_url("change", errand))

    def file_view(self, request: HttpRequest, pk: Any) -> Any:
        """Hand out the file that belongs to it."""
        raise Http404

    @display(description=gettext_lazy("state"))
    def state_word(self, row: Any) -> str:
        return Chip(row.get_state_display(), STATE_COLOURS.get(row.state, ""))

    @display(description=gettext_lazy("number"))
    def number(self, row: Any) -> str:
        return str(row.public_id)

    @display(description=gettext_lazy("list"))
    def what_list(self, row: Any) -> str:
        page = page_of(row.listing)
        return str(page.opts.verbose_name_plural) if page else row.listing

    @display(description=gettext_lazy("asked for at"))
    def moment(self, row: Any) -> str:
        return f"{timezone.localtime(row.made_at):%Y-%m-%d %H:%M:%S}"


@admin.register(Job)
class JobAdmin(ErrandAdmin):
    """Actions on all that matched."""

    list_display = ("moment", "what", "what_list", "state_word", "changed", "refused", "by")
    list_display_links = ("moment",)
    fields = (
        ("number", "moment"),
        ("what", "what_list"),
        "filters",
        ("by", "reason"),
        ("changed", "refused"),
        "finished_at",
    )

    def title_of(self, request: HttpRequest, row: Any) -> str:
        return f"{self.what(row)} · {self.what_list(row)}"

    @display(description=gettext_lazy("action"))
    def what(self, row: Any) -> str:
        act = act_of(page_of(row.listing), row)
        return str(act.label) if act else row.act

    def sentence(self, row: Any) -> str:
        words = {
            "done": f"{row.done:,}",
            "total": f"{row.total or 0:,}",
            "changed": f"{row.changed:,}",
            "refused": f"{row.refused:,}",
        }
        match row.state:
            case ErrandState.WAITING:
                return _("%(total)s are waiting for their turn.") % words
            case ErrandState.RUNNING:
                return (
                    _("%(done)s of %(total)s: %(changed)s changed, %(refused)s left as they are.")
                    % words
                )
            case ErrandState.DONE:
                return _("Done: %(changed)s changed, %(refused)s left as they are.") % words
            case _:
                return (
                    _("Ended at %(done)s of %(total)s: %(changed)s changed, %(refused)s left.")
                    % words
                )

    def more_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        refused = row.rows.filter(fate=JobRow.Fate.REFUSED)
        groups = refused.values_list("said").annotate(n=Count("pk")).order_by("-n")
        return {
            "groups": list(groups[:REFUSALS_SHOWN]),
            "refused_shown": list(refused.order_by("pk")[:REFUSALS_SHOWN]),
            "file_url": self.errand_url("file", row) if row.refused and not row.is_open else "",
        }

    def file_view(self, request: HttpRequest, pk: Any) -> Any:
        """Hand out the refused rows as CSV."""
        job = self.errand_of(request, pk)
        response = StreamingHttpResponse(
            _refused_lines(job), content_type="text/csv; charset=utf-8"
        )
        return for_one_person(response, f"{job.public_id}.csv")


def _refused_lines(job: Job) -> Iterator[str]:
    class Echo:
        def write(self, text: str) -> str:
            return text

    writer = csv.writer(Echo())
    yield "\ufeff" + writer.writerow([_("Key"), _("Which"), _("Why")])
    rows = job.rows.filter(fate=JobRow.Fate.REFUSED).order_by("pk")
    for row in rows.iterator(chunk_size=2_000):
        yield writer.writerow([inert(it, for_excel=True) for it in (row.key, row.name, row.said)])


@admin.register(Export)
class ExportAdmin(ErrandAdmin):
    """Files of lists; fetched by whoever asked for them, for a day."""

    list_display = ("moment", "file_name", "what_list", "state_word", "rows", "by", "expires_at")
    list_display_links = ("moment",)
    fields = (
        ("number", "moment"),
        ("file_name", "format"),
        ("what_list", "filter_text"),
        ("by", "reason"),
        ("rows", "size"),
        ("finished_at", "expires_at"),
        "fetched_at",
    )

    @display(description=gettext_lazy("rows"))
    def rows(self, row: Any) -> str:
        return f"{row.done:,}"

    @display(description=gettext_lazy("filters"))
    def filter_text(self, row: Any) -> str:
        return row.query or self.get_empty_value_display()

    def sentence(self, row: Any) -> str:
        words = {"done": f"{row.done:,}", "total": f"{row.total or 0:,}"}
        match row.state:
            case ErrandState.WAITING:
                return _("%(total)s rows are waiting for their turn.") % words
            case ErrandState.RUNNING:
                return _("%(done)s of %(total)s rows are written.") % words
            case ErrandState.DONE if row.expires_at:
                words["until"] = f"{timezone.localtime(row.expires_at):%m-%d %H:%M}"
                return _("%(done)s rows are ready, until %(until)s.") % words
            case ErrandState.DONE:
                return _("%(done)s rows were exported. The file is not kept any more.") % words
            case _:
                return _("No file was made.")

    def more_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        is_there = row.state == ErrandState.DONE and row.expires_at is not None
        mine = row.by_id == request.user.pk
        return {"file_url": self.errand_url("file", row) if is_there and mine else ""}

    def file_view(self, request: HttpRequest, pk: Any) -> Any:
        """Hand the file to the person who asked for it, to nobody else, while they may see the list."""
        export = self.errand_of(request, pk)
        if not may_have(export, request):
            raise Http404
        try:
            export = fetch_export(export, by=request.user)
            file = file_of(export).open("rb")
        except (Forbidden, FileNotFoundError):
            raise Http404 from None
        except DomainError as refusal:
            messages.warning(request, refusal.message)
            return HttpResponseRedirect(self.errand_url("change", export))
        return for_one_person(FileResponse(file), export.file_name)
