"""The one base class of every page of the back office, so that the theme can be swapped."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from common.admin.acts import MOST_AT_ONCE, Act, offered_acts, perform
from common.admin.bulk import BulkActs, refusals
from common.admin.exporting import ListExport
from common.admin.lists import HouseChangeList, KeysetChangeList, KeysetPaginator
from common.admin.picking import Picking
from common.admin.refusing import Refusing
from common.admin.views import ListViews
from common.events import history_lines
from common.history import history_of, record

HISTORY_SHOWN = 200


class BaseAdmin(ListViews, ListExport, BulkActs, Picking, Refusing, ModelAdmin):
    """Read-only unless a field is named editable; moved by actions with a reason; every row has its history.

    Lists page by key and count nothing. ``is_small`` is for reference data of a few hundred rows:
    counted, sortable pages. ``list_select_related`` names every relation of ``list_display``.
    ``about_member`` is the path to the member whom a row is about: nobody has rows about themselves.
    """

    is_small = False
    editable_fields: tuple[str, ...] = ()
    hidden_fields: tuple[str, ...] = ()
    event_noun = ""
    about_member = ""
    allow_add = False
    allow_delete = False

    list_per_page = 50
    list_select_related: Any = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    empty_value_display = "—"
    list_fullwidth = True
    compressed_fields = True
    warn_unsaved_form = True
    change_form_outer_before_template = "common/admin/acts.html"

    # --- lists -------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        manager = self.model._default_manager
        # The back office is work: what is about oneself is not in its lists.
        seen = getattr(manager, "for_work_of", None) or getattr(manager, "visible_to", None)
        user: Any = request.user
        rows = seen(user) if seen else manager.all()
        if self.about_member:
            rows = rows.exclude(**{f"{self.about_member}__in": user.own_members()})
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def get_ordering(self, request: HttpRequest) -> Any:
        if self.is_small:
            return self.ordering or self.opts.ordering or ("pk",)
        return ("-pk",)

    def get_sortable_by(self, request: HttpRequest) -> Any:
        return super().get_sortable_by(request) if self.is_small else ()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        named = {"title": self.opts.verbose_name_plural} | (extra_context or {})
        if not self.is_popup(request) and self.has_view_permission(request):
            named["head"], elsewhere = self.opening(request)
            if elsewhere is not None:
                return elsewhere
        return super().changelist_view(request, named)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return HouseChangeList if self.is_small else KeysetChangeList

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        """Add to the rows of one page what its columns need, in a fixed number of queries."""

    def get_paginator(
        self, request: HttpRequest, queryset: Any, per_page: int, *args: Any, **kwargs: Any
    ) -> Any:
        return (Paginator if self.is_small else KeysetPaginator)(queryset, per_page)

    # --- what may be touched -----------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.allow_add and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.editable_fields) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allow_delete and super().has_delete_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if self.fields:
            return self.fields
        if obj is None:
            return self.editable_fields
        return [
            field.name
            for field in self.opts.concrete_fields
            if field.name not in self.hidden_fields and field.name != self.opts.pk.name
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = [
            name
            for _title, options in self.get_fieldsets(request, obj)
            for part in options["fields"]
            for name in ([part] if isinstance(part, str) else part)
        ]
        return [name for name in shown if name not in self.editable_fields]

    # --- history: ours is the only one ----------------------------------------------------------

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Write nothing: ``save_model`` has written the history line that counts."""

    log_change = log_addition

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Write nothing: see ``delete_model``."""

    @property
    def noun(self) -> str:
        return self.event_noun or self.opts.model_name or ""

    def save_model(self, request: HttpRequest, obj: Any, form: Form, change: bool) -> None:
        changed = [name for name in form.changed_data if name in self.editable_fields]
        if change and not changed:
            return
        before = {}
        if change:
            stored = self.model._default_manager.get(pk=obj.pk)
            before = {name: getattr(stored, name) for name in changed}
        super().save_model(request, obj, form, change)
        record(
            obj,
            f"{self.noun}.{'changed' if change else 'added'}",
            by=request.user,
            before=before,
            after={name: getattr(obj, name) for name in changed},
        )

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        record(
            obj,
            f"{self.noun}.deleted",
            by=request.user,
            before={field.name: getattr(obj, field.attname) for field in self.opts.concrete_fields},
        )
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for obj in queryset:
            self.delete_model(request, obj)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id))
        if obj is None or not self.has_view_permission(request, obj):
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": self.title_of(request, obj),
            "row_title": self.title_of(request, obj),
            "subtitle": _("History"),
            "history_page": True,
            "lines": history_lines(history_of(obj)[:HISTORY_SHOWN]),
            "object": obj,
            "original": obj,
            "opts": self.opts,
            "model_admin": self,
            "preserved_filters": self.get_preserved_filters(request),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/object_history.html", context)

    # --- actions with a reason -------------------------------------------------------------------

    @property
    def acts(self) -> list[Act]:
        """The actions declared in the class and its bases, in the order they are written."""
        found = {
            name: member.act
            for cls in reversed(type(self).__mro__)
            for name, member in vars(cls).items()
            if hasattr(member, "act")
        }
        return [*found.values(), *offered_acts(self.opts.label_lower)]

    def acts_for(self, request: HttpRequest) -> list[Act]:
        user: Any = request.user
        return [act for act in self.acts if user.can(act.right)]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        if not self.is_popup(request):
            for act in self.acts_for(request):
                actions[act.name] = (self._list_action(act), act.name, act.label)
        return actions

    def response_action(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> Any:
        """Run the chosen action; a key that cannot be one is no row."""
        for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                self.opts.pk.to_python(key)
            except ValidationError:
                raise Http404 from None
        return super().response_action(request, queryset)

    @staticmethod
    def is_popup(request: HttpRequest) -> bool:
        return "_popup" in request.GET

    def _list_action(self, act: Act) -> Callable[..., Any]:
        def run(_admin: Any, request: HttpRequest, queryset: Any) -> HttpResponse | None:
            return self.act_page(
                request, act, queryset, back=request.get_full_path(), from_list=True
            )

        return run

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        name = f"{self.opts.app_label}_{self.opts.model_name}_act"
        return [
            *self.get_list_urls(),
            *self.get_export_urls(),
            path("<path:object_id>/act/<str:name>/", wrap(self.act_view), name=name),
            *super().get_urls(),
        ]

    def act_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Ask and run one action for one row."""
        act = next((act for act in self.acts_for(request) if act.name == name), None)
        row = self.get_object(request, unquote(object_id))
        if act is None or row is None or not self.has_view_permission(request, row):
            raise Http404
        rows = self.get_queryset(request).filter(pk=row.pk)
        response = self.act_page(request, act, rows, back=self.change_url(row))
        return response or HttpResponseRedirect(self.change_url(row))

    def change_url(self, row: Any) -> str:
        return reverse(
            f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change",
            args=[quote(row.pk)],
        )

    def act_url(self, row: Any, act: Act) -> str:
        return reverse(
            f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_act",
            args=[quote(row.pk), act.name],
        )

    def act_page(
        self, request: HttpRequest, act: Act, queryset: Any, *, back: str, from_list: bool = False
    ) -> HttpResponse | None:
        """Show what will change and ask; on the second post run it. None: go back to where one was."""
        rows = list(queryset[: MOST_AT_ONCE + 1])
        if len(rows) > MOST_AT_ONCE:
            return self.bulk_page(request, act, queryset, back=back)
        step = request.POST.get("step", "")
        bound = step in {"try", "do"}
        form = act.form(request.POST if bound else None, request=request, subjects=rows)
        outcome = None
        if bound and form.is_valid():
            outcome = perform(act, self, request, rows, form.cleaned_data, keep=step == "do")
            if step == "do":
                self._tell(request, outcome)
                return None
        context = {
            **self.admin_site.each_context(request),
            "title": act.question,
            "act": act,
            "form": form,
            "rows": [self.title_of(request, row) for row in rows[:20]],
            "rows_more": max(len(rows) - 20, 0),
            "rows_count": len(rows),
            "outcome": outcome,
            "tried": len(rows),
            "refused": refusals(outcome),
            "refused_rows": [(self.title_of(request, row), said) for row, said in outcome.refused]
            if outcome
            else [],
            "back": back,
            "hidden": self._carried(request) if from_list else [],
            "opts": self.opts,
            "model_admin": self,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "common/admin/act.html", context)

    @staticmethod
    def _carried(request: HttpRequest) -> list[tuple[str, str]]:
        names = ("action", "select_across", "index", ACTION_CHECKBOX_NAME)
        return [(name, value) for name in names for value in request.POST.getlist(name)]

    def _about(self, request: HttpRequest, row: Any, sentence: str) -> str:
        return _("%(row)s: %(sentence)s") % {
            "row": self.title_of(request, row),
            "sentence": sentence,
        }

    def _tell(self, request: HttpRequest, outcome: Any) -> None:
        if outcome.done:
            count = len(outcome.done)
            messages.success(
                request,
                ngettext("%(count)s changed.", "%(count)s changed.", count) % {"count": count},
            )
        for row, sentence in outcome.said:
            messages.info(request, self._about(request, row, sentence))
        for row, sentence in outcome.refused[:20]:
            messages.warning(request, self._about(request, row, sentence))
        if len(outcome.refused) > 20:
            messages.warning(
                request,
                _("%(count)s more were left as they are.") % {"count": len(outcome.refused) - 20},
            )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        context = dict(extra_context or {})
        if object_id is not None:
            row = self.get_object(request, unquote(object_id))
            if row is None:
                raise Http404
            context["acts"] = [
                {"act": act, "url": self.act_url(row, act)}
                for act in self.acts_for(request)
                if act.fits is None or act.fits(row)
            ]
            context |= {
                "row_title": self.title_of(request, row),
                "subtitle": self.title_of(request, row),
            }
            context |= self.page_context(request, row)
        return super().changeform_view(request, object_id, form_url, context)

    def title_of(self, request: HttpRequest, row: Any) -> str:
        """Return what ``row`` is called on pages; masked where its name is a person's."""
        return str(row)

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return what the templates of one row's page need besides the form."""
        return {}

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return HttpResponseRedirect(self.change_url(obj))


class ReadOnlyAdmin(BaseAdmin):
    """For what is only looked at: nothing is added, changed or deleted, by anyone."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SuperuserAdmin(ReadOnlyAdmin):
    """Machine rooms: superusers alone may look."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)
