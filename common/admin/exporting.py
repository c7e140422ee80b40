"""Exports of a list: its rows under the present filters, its columns, masked as the page shows them."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import SuspiciousOperation
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from common.admin import columns
from common.admin.asking import changes_of, filter_words, page_of, request_of
from common.admin.counts import counted
from common.errands import (
    end_errand,
    fields_of,
    finish_export,
    note_export,
    refuse_too_many,
    start_export,
)
from common.errors import DomainError
from common.models import ErrandState, Export
from common.models.errands import OPEN
from common.parameters import value
from common.sheets.writing import BOM, csv_text, lines_of, write_xlsx
from common.text import clean_filename

CHUNK = 1_000
STRAYS_KEPT = timedelta(hours=2)
"""Longer than any turn of the lane: what is older is written by nobody."""
CONTENT_TYPES = {
    Export.Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Export.Format.CSV: "text/csv; charset=utf-8",
    Export.Format.CSV_BOM: "text/csv; charset=utf-8",
}


class ExportForm(forms.Form):
    """Which columns, as what kind of file, and what for."""

    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Columns"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one column.")},
    )
    file_format = forms.ChoiceField(
        label=gettext_lazy("Kind of file"),
        choices=Export.Format.choices,
        initial=Export.Format.XLSX,
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("What for"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=gettext_lazy("Goes into the history, with the number of rows."),
        error_messages={"required": gettext_lazy("Write what the file is for.")},
    )


class ListExport:
    """The export of a list."""

    listing: Any
    admin_site: Any
    opts: Any

    def get_export_urls(self) -> list[Any]:
        """Return the door of the export, to stand before those of rows."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [path("export/", self.admin_site.admin_view(self.export_view), name=name)]

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Ask which columns and what for; hand the file out, or let the background make it."""
        self._refuse_strangers(request)  # type: ignore[attr-defined]
        user: Any = request.user
        if not user.can("admin.export"):
            raise Http404
        try:
            changes = changes_of(self, request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(self.list_url("changelist"))  # type: ignore[attr-defined]
        may = columns.offered(self, request)
        shown = [name for name in self.get_list_display(request) if name in may]  # type: ignore[attr-defined]
        form = ExportForm(request.POST or None, initial={"columns": shown})
        form.fields["columns"].choices = [  # type: ignore[attr-defined]
            (name, columns.label(self, name)) for name in may
        ]
        rows = changes.get_queryset(request)
        if request.method == "POST" and form.is_valid():
            try:
                return self._export(request, changes, rows, form.cleaned_data)
            except DomainError as refusal:
                form.add_error(None, refusal.message)
        most = value("backoffice.export_rows")
        (count,) = counted([rows], min(most, 20_000))
        back = self.list_url("changelist")  # type: ignore[attr-defined]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Export: %(list)s") % {"list": self.opts.verbose_name_plural},
            "row_title": _("Export"),
            "form": form,
            "filters": filter_words(changes),
            "count": count if count.rows is not None else None,
            "at_once": f"{value('backoffice.export_at_once'):,}",
            "back": f"{back}?{changes.kept_query()}" if changes.kept_query() else back,
            "opts": self.opts,
            "model_admin": self,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "common/admin/export.html", context)

    def _export(
        self, request: HttpRequest, changes: Any, rows: Any, answers: dict[str, Any]
    ) -> HttpResponse:
        user: Any = request.user
        may = columns.offered(self, request)
        wanted = {
            "listing": self.listing,
            "query": changes.kept_query(),
            "columns": [name for name in may if name in answers["columns"]],
            "file_format": answers["file_format"],
            "file_name": self._file_name(answers["file_format"]),
            "by": user,
            "reason": answers["reason"],
        }
        at_once = value("backoffice.export_at_once")
        few = rows.order_by().values("pk")[: at_once + 1].count()
        if few <= at_once:
            content, total = small_file(self, request, rows, wanted["columns"], wanted)
            note_export(**wanted, rows=total, size=len(content))
            return as_download(content, wanted["file_name"], wanted["file_format"])
        total = rows.order_by().values("pk")[: value("backoffice.export_rows") + 1].count()
        refuse_too_many(total)
        export = start_export(**wanted, total=total)
        messages.success(
            request, _("The file is being made; this page says when it can be fetched.")
        )
        return HttpResponseRedirect(
            reverse(f"{self.admin_site.name}:common_export_change", args=[export.pk])
        )

    def _file_name(self, file_format: str) -> str:
        kind = "xlsx" if file_format == Export.Format.XLSX else "csv"
        now = timezone.localtime()
        plain = clean_filename(f"{self.opts.verbose_name_plural} {now:%Y-%m-%d %H%M}.{kind}")
        return plain.replace(" ", "-")


def as_download(content: Any, file_name: str, file_format: str) -> HttpResponse:
    """Return the file for the asker alone: kept by no cache, opened by no page."""
    response = HttpResponse(content, content_type=CONTENT_TYPES[Export.Format(file_format)])
    return for_one_person(response, file_name)


def for_one_person(response: Any, file_name: str) -> Any:
    """Mark a response as a download that nobody but this person may keep."""
    response["Content-Disposition"] = content_disposition_header(True, file_name)
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def small_file(
    page: Any, request: HttpRequest, rows: Any, names: list[str], wanted: dict[str, Any]
) -> tuple[bytes, int]:
    """Return the whole file and its number of rows."""
    head = [columns.label(page, name) for name in names]
    if page.is_small:
        # Reference data keep the order in which the list shows them.
        if related := columns.relations(page, names):
            rows = rows.select_related(*related)
        found = _lines(page, request, list(rows), names)
    else:
        found = table_rows(page, request, rows, names)
    cells = [line for _key, line in found]
    if wanted["file_format"] == Export.Format.XLSX:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "export.xlsx"
            write_xlsx(file, head, cells, str(page.opts.verbose_name_plural))
            return file.read_bytes(), len(cells)
    for_excel = wanted["file_format"] == Export.Format.CSV_BOM
    text = csv_text([head, *cells], for_excel=for_excel)
    return ((BOM if for_excel else "") + text).encode(), len(cells)


def table_rows(
    page: Any, request: HttpRequest, rows: Any, names: list[str], after: Any = None
) -> Iterator[tuple[Any, list[str]]]:
    """Yield key and cells of each row, newest first, a thousand in memory at a time.

    ``after`` is the key of the row after which to go on.
    """
    if related := columns.relations(page, names):
        rows = rows.select_related(*related)
    ordered = rows.order_by("-pk")
    while True:
        some = list((ordered if after is None else ordered.filter(pk__lt=after))[:CHUNK])
        if not some:
            return
        yield from _lines(page, request, some, names)
        after = some[-1].pk


def _lines(
    page: Any, request: HttpRequest, some: list[Any], names: list[str]
) -> Iterator[tuple[Any, list[str]]]:
    page.prepare_rows(request, some)
    for row in some:
        yield row.pk, [columns.text_of(page, row, name) for name in names]


# --- in the background ---------------------------------------------------------------------------


def folder() -> Path:
    """Return the folder of the files, made when it is not there; nobody else's account reads it."""
    place = Path(settings.DATA_DIR) / "exports"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def file_of(export: Export) -> Path:
    """Return where the finished file lies."""
    return folder() / f"{export.id.hex}.{export.format}"


def _part_of(export: Export) -> Path:
    return folder() / f"{export.id.hex}.part"


def forget_file(export: Export) -> None:
    """Delete the file, whole or in parts."""
    file_of(export).unlink(missing_ok=True)
    _part_of(export).unlink(missing_ok=True)


def forget_strays(now: datetime) -> int:
    """Delete what no export needs any more: parts of failed ones, what a killed writer left."""
    needed = Export.objects.filter(Q(state__in=OPEN) | Q(expires_at__isnull=False))
    kept = {file for export in needed for file in (file_of(export), _part_of(export))}
    strays = [
        file
        for file in folder().iterdir()
        if file not in kept and file.stat().st_mtime < (now - STRAYS_KEPT).timestamp()
    ]
    for file in strays:
        file.unlink(missing_ok=True)
    return len(strays)


def may_have(export: Export, request: HttpRequest) -> bool:
    """Tell whether the person of ``request`` may take rows of this list along, at this moment."""
    person: Any = request.user
    page = page_of(export.listing)
    if page is None or not person.can("admin.export"):
        return False
    return bool(page.has_view_permission(request))


def why_not(export: Export, page: Any, request: HttpRequest) -> str:
    """Say why this export may not go on; empty when it may. Asked before every slice."""
    if page is None:
        return _("This list does not exist any more.")
    if not may_have(export, request):
        return _("You may not export this list any more.")
    if fields_of(export, ["stop_asked_at"])["stop_asked_at"] is not None:
        return _("Stopped by whoever asked for it.")
    return ""


def work_on_export(export: Export, in_time: Any) -> None:
    """Write some more rows; when all are there, finish the file."""
    page = page_of(export.listing)
    request = request_of(export.by, export.listing, export.query)
    if trouble := why_not(export, page, request):
        forget_file(export)
        end_errand(export, ErrandState.STOPPED, trouble=trouble)
        return
    try:
        rows = changes_of(page, request).get_queryset(request)
    except (IncorrectLookupParameters, SuspiciousOperation):
        forget_file(export)
        end_errand(export, ErrandState.FAILED, trouble=_("These filters do not fit any more."))
        return
    may = columns.offered(page, request)
    names = [name for name in export.columns if name in may]
    head = [columns.label(page, name) for name in names]
    if _was_whole(export):
        _finish(export, page, head)
        return
    after = page.opts.pk.to_python(export.last_key) if export.last_key else None
    with _part_of(export).open("r+b" if export.size else "wb") as part:
        # What a killed slice wrote after its last commit is cut off.
        part.truncate(export.size)
        part.seek(export.size)
        if not export.size:
            _append(export, part, [], head)
        waiting: list[list[str]] = []
        for key, line in table_rows(page, request, rows, names, after):
            waiting.append(line)
            after = key
            if len(waiting) == CHUNK:
                _append(export, part, waiting, None, after)
                waiting = []
                if not in_time():
                    return
        _append(export, part, waiting, None, after)
    _finish(export, page, head)


def _was_whole(export: Export) -> bool:
    """Tell whether a killed slice had finished the file; begin anew when what it wrote is not there."""
    part = _part_of(export)
    written = part.stat().st_size if part.exists() else -1
    if not export.size or written >= export.size:
        return False
    if written < 0 and file_of(export).exists():
        return True
    export.done, export.size, export.last_key = 0, 0, ""
    export.save(update_fields=["done", "size", "last_key"])
    return False


def _append(
    export: Export,
    part: Any,
    lines: list[list[str]],
    head: list[str] | None,
    key: Any = None,
) -> None:
    """Write lines to the part, then that they are written: a crash in between repeats them.

    ``key`` is that of the last row written so far; with it the next slice goes on.
    """
    for_excel = export.format == Export.Format.CSV_BOM
    if export.format == Export.Format.XLSX:
        part.write(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    else:
        first = BOM if head and for_excel else ""
        text = csv_text([head, *lines] if head else lines, for_excel=for_excel)
        part.write((first + text).encode())
    part.flush()
    os.fsync(part.fileno())
    export.done += len(lines)
    export.size = part.tell()
    if key is not None:
        export.last_key = str(key)
    export.save(update_fields=["done", "size", "last_key"])


def _finish(export: Export, page: Any, head: list[str]) -> None:
    part, whole = _part_of(export), file_of(export)
    if part.exists():
        if export.format == Export.Format.XLSX:
            lines = (orjson.loads(line) for line in lines_of(part))
            write_xlsx(whole, head, lines, str(page.opts.verbose_name_plural))
            part.unlink()
        else:
            part.replace(whole)
    whole.chmod(0o600)
    finish_export(export, rows=export.done, size=whole.stat().st_size)
