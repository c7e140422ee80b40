"""The pages of files to import, and of what was imported."""

from typing import Any

from django.contrib import admin, messages
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from common.admin.base import ReadOnlyAdmin
from common.admin.chips import Chip
from common.admin.errand_pages import ErrandAdmin
from common.admin.exporting import for_one_person
from common.admin.importing import (
    BeginForm,
    UploadForm,
    preview_of,
    rejects_of,
    rejects_shown,
    take_upload,
)
from common.errands import begin_import
from common.errors import DomainError
from common.loading.offers import offer_of, offers
from common.models import ErrandState, ImportFile, ImportRun
from common.parameters import value


@admin.register(ImportFile)
class ImportFileAdmin(ErrandAdmin):
    """Files that people bring: looked at, tried out, then loaded."""

    list_display = ("moment", "file_name", "what", "state_word", "figures", "by")
    list_display_links = ("moment",)
    fields = (
        ("number", "moment"),
        ("file_name", "what"),
        ("form", "encoding"),
        ("size", "lines"),
        ("by", "reason"),
        "finished_at",
    )

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("upload/", wrap(self.upload_view), name="common_importfile_upload"),
            path("<uuid:pk>/begin/", wrap(self.begin_view), name="common_importfile_begin"),
            *super().get_urls(),
        ]

    def opening(self, request: HttpRequest) -> Any:
        head, elsewhere = super().opening(request)
        user: Any = request.user
        if user.can("admin.import"):
            head["upload_url"] = reverse(f"{self.admin_site.name}:common_importfile_upload")
        return head, elsewhere

    @display(description=gettext_lazy("kind"))
    def what(self, row: Any) -> str:
        offer = offer_of(row.kind)
        return str(offer.label) if offer else row.kind

    @display(description=gettext_lazy("new / corrected / unchanged / rejected"))
    def figures(self, row: Any) -> str:
        if row.step == ImportFile.Step.READ or row.state == ErrandState.FAILED:
            return self.get_empty_value_display()
        return f"{row.inserted:,} / {row.updated:,} / {row.unchanged:,} / {row.rejected:,}"

    def sentence(self, row: Any) -> str:
        words = {
            "new": f"{row.inserted:,}",
            "corrected": f"{row.updated:,}",
            "unchanged": f"{row.unchanged:,}",
            "rejected": f"{row.rejected:,}",
        }
        match row.state, row.step:
            case ((ErrandState.WAITING | ErrandState.RUNNING), ImportFile.Step.READ):
                return _("The file is being read.")
            case ((ErrandState.WAITING | ErrandState.RUNNING), ImportFile.Step.TRY):
                return _("The file is being tried out; nothing is changed.")
            case ((ErrandState.WAITING | ErrandState.RUNNING), _load):
                return _("The file is being loaded.")
            case ErrandState.READY, _any:
                return (
                    _(
                        "Nothing has been changed yet. Loaded, it would give %(new)s new, "
                        "%(corrected)s corrected, %(unchanged)s unchanged; %(rejected)s lines "
                        "would be rejected."
                    )
                    % words
                )
            case ErrandState.DONE, _any:
                return (
                    _(
                        "Loaded: %(new)s new, %(corrected)s corrected, %(unchanged)s unchanged, "
                        "%(rejected)s rejected."
                    )
                    % words
                )
            case ErrandState.STOPPED, ImportFile.Step.LOAD:
                return _("Stopped. What had been loaded before stays.")
            case ErrandState.STOPPED, _any:
                return _("Stopped. Nothing was changed.")
            case _:
                return _("This file cannot be loaded. Nothing was changed.")

    def more_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        user: Any = request.user
        mine = row.by_id == user.pk
        # What is in the file is for the eyes of who brought it.
        rejects, reasons = rejects_shown(row) if mine and not row.is_open else ([], [])
        begins = mine and row.state == ErrandState.READY and user.can("admin.import")
        return {
            "preview": preview_of(row) if mine and row.state != ErrandState.FAILED else None,
            "rejects": rejects,
            "reasons": reasons,
            "file_url": self.errand_url("file", row) if rejects else "",
            "begin_url": self.errand_url("begin", row) if begins else "",
            "changes_something": bool(row.inserted + row.updated),
            "form": BeginForm() if begins else None,
            "run_url": reverse(f"{self.admin_site.name}:common_importrun_change", args=[row.run_id])
            if row.run_id
            else "",
            "letters": _letters_words(row),
        }

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Take a file, or say why not; nothing is opened before it was looked at."""
        user: Any = request.user
        if not user.can("admin.import"):
            raise Http404
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                brought = take_upload(
                    form.cleaned_data["file"], kind=form.cleaned_data["kind"], by=user
                )
            except DomainError as refusal:
                form.add_error("file", refusal.message)
            else:
                return HttpResponseRedirect(self.errand_url("change", brought))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Bring a file"),
            "row_title": _("Bring a file"),
            "form": form,
            "most_megabytes": value("backoffice.import_bytes") // 1_000_000,
            "most_rows": f"{value('backoffice.import_rows'):,}",
            "kinds": [(offer.label, _columns_words(offer)) for offer in offers().values()],
            "back": self.list_url("changelist"),
            "opts": self.opts,
            "model_admin": self,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "common/admin/upload.html", context)

    def begin_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Let it be loaded."""
        brought = self.errand_of(request, pk)
        form = BeginForm(request.POST or None)
        if request.method != "POST":
            raise Http404
        try:
            if form.is_valid():
                begin_import(brought, reason=form.cleaned_data["reason"], by=request.user)
            else:
                messages.warning(request, _("Write why. Without a reason nothing is changed."))
        except DomainError as refusal:
            messages.warning(request, refusal.message)
        return HttpResponseRedirect(self.errand_url("change", brought))

    def file_view(self, request: HttpRequest, pk: Any) -> Any:
        """Hand out the rejected lines to who brought the file."""
        brought = self.errand_of(request, pk)
        if brought.by_id != request.user.pk:
            raise Http404
        try:
            file = rejects_of(brought).open("rb")
        except FileNotFoundError:
            raise Http404 from None
        response = FileResponse(file, content_type="text/csv; charset=utf-8")
        return for_one_person(response, f"{brought.public_id}-rejects.csv")


def _columns_words(offer: Any) -> list[dict[str, Any]]:
    names = offer.names()
    return [
        {
            "name": column.name,
            "label": names[column.name],
            "required": column.required,
        }
        for column in offer.make().columns
    ]


def _letters_words(row: ImportFile) -> str:
    if row.form == "xlsx" or row.encoding in ("", "UTF-8"):
        return ""
    return _("The file came as %(letters)s and was read as such.") % {"letters": row.encoding}


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    """What was loaded, by pages and by commands, and what became of the lines."""

    list_display = (
        "started_at",
        "kind",
        "file_name",
        "is_whole",
        "inserted",
        "updated",
        "unchanged",
        "rejected",
        "by",
    )
    list_select_related = ("by",)
    search_fields = ("file_name",)
    search_help_text = gettext_lazy("Name of the file")
    hidden_fields = ("rejects_size",)

    @display(description=gettext_lazy("state"))
    def is_whole(self, row: Any) -> str:
        if row.finished_at is not None:
            return Chip(_("done"), "success")
        return Chip(_("not finished"), "warning")
