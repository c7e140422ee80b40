"""Saved views over a list, the columns it shows, and the figures beside its filters."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from common.admin import columns
from common.admin.asking import changes_of, request_of
from common.admin.counts import choice_counts, counted, note
from common.admin.lists import VIEW
from common.errors import DomainError
from common.models import DefaultView, SavedView
from common.saved_views import (
    delete_view,
    open_with,
    rename_view,
    restore_view,
    save_view,
    share_view,
    view_of,
)

ALL = "all"
MOST_COUNTED = 10_000
_UNDO = "view_to_restore"


class ListViews:
    """What every list has over it: its saved views as tabs, the choice of columns, the export."""

    list_before_template = "common/admin/list_head.html"
    # A page that is no list of rows (parameters) shows none of this.
    has_list_head = True

    model: Any
    opts: Any
    admin_site: Any
    list_display: Any
    list_select_related: Any

    @property
    def listing(self) -> str:
        """The list's name in saved views, jobs and exports."""
        return str(self.opts.label_lower)

    def list_url(self, name: str, *args: Any) -> str:
        """Return the address of one of the list's own doors (``counts``, ``export``, ``view`` …)."""
        page = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
        return reverse(f"{self.admin_site.name}:{page}", args=args)

    def get_list_urls(self) -> list[Any]:
        """Return the doors of the list, to stand before those of its rows."""
        wrap, name = self.admin_site.admin_view, f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("counts/", wrap(self.counts_view), name=f"{name}_counts"),
            path("views/", wrap(self.save_view_view), name=f"{name}_views"),
            path("views/<str:public_id>/", wrap(self.change_view_view), name=f"{name}_view"),
        ]

    # --- columns -------------------------------------------------------------------------------

    def get_list_display(self, request: HttpRequest) -> Any:
        return columns.chosen(self, request) or self.list_display

    def get_list_select_related(self, request: HttpRequest) -> Any:
        named = self.list_select_related or ()
        if not isinstance(named, list | tuple):
            return named
        return list(
            dict.fromkeys([*named, *columns.relations(self, columns.chosen(self, request))])
        )

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        links = super().get_list_display_links(request, list_display)  # type: ignore[misc]
        if links and not set(links) & set(list_display):
            return list(list_display)[:1]
        return links

    # --- the head of the list --------------------------------------------------------------------

    def opening(self, request: HttpRequest) -> tuple[dict[str, Any], HttpResponse | None]:
        """Return what the head of the list shows, and where to go instead: to one's usual view."""
        user: Any = request.user
        usual = DefaultView.objects.filter(person=user, view=OuterRef("pk"))
        views: list[Any] = list(
            SavedView.objects.visible_to(user)
            .filter(listing=self.listing)
            .annotate(is_usual=Exists(usual))
            .select_related("owner")
            .order_by("name", "pk")
        )
        if request.method == "GET" and not request.GET:
            for view in views:
                if view.is_usual:
                    return {}, HttpResponseRedirect(f"?{address_of(view)}")
        shown = request.GET.get(VIEW, "")
        head: dict[str, Any] = {
            "views": [
                {
                    "view": view,
                    "url": f"?{address_of(view)}",
                    "is_open": view.public_id == shown,
                    "is_mine": view.owner_id == user.pk,
                    "change_url": self.list_url("view", view.public_id),
                }
                for view in views
            ],
            "all_url": f"?{VIEW}={ALL}",
            "save_url": self.list_url("views"),
            "counts_url": self.list_url("counts"),
            "export_url": self.list_url("export") if user.can("admin.export") else "",
            "columns": [
                {"name": name, "label": columns.label(self, name), "is_shown": name in on}
                for on in [set(self.get_list_display(request))]
                for name in columns.offered(self, request)
            ],
            "roles": _roles() if user.can("views.share") else [],
            "undo": request.session.pop(_UNDO, None) if _UNDO in request.session else None,
        }
        head["open"] = next((it for it in head["views"] if it["is_open"]), None)
        return head, None

    # --- doors -----------------------------------------------------------------------------------

    def counts_view(self, request: HttpRequest) -> HttpResponse:
        """Answer with the figures beside the filters, and how many match in all."""
        self._refuse_strangers(request)
        try:
            changes = changes_of(self, request)
            filters = choice_counts(changes, request)
            (whole,) = counted([changes.get_queryset(request)], MOST_COUNTED)
        except IncorrectLookupParameters:
            return JsonResponse({"filters": {}, "total": "", "note": ""}, status=400)
        answer = {
            "filters": {name: [it.words for it in row] for name, row in filters.items()},
            "total": whole.words if whole.rows is not None else "",
            "note": note(filters.values()),
        }
        return JsonResponse(answer, headers={"Cache-Control": "private, no-store"})

    def save_view_view(self, request: HttpRequest) -> HttpResponse:
        """Keep the list as it is shown, or say with which view it opens."""
        self._refuse_strangers(request)
        if request.method != "POST":
            raise Http404
        user: Any = request.user
        if request.POST.get("do") == "open_with_all":
            open_with(None, listing=self.listing, by=user)
            return HttpResponseRedirect(self.list_url("changelist") + f"?{VIEW}={ALL}")
        query = request.POST.get("query", "")
        try:
            # The list itself says what it takes; anything else is 400.
            query = changes_of(self, request_of(user, self.listing, query)).kept_query()
            view = save_view(
                listing=self.listing,
                name=request.POST.get("name", ""),
                query=query,
                roles=[role for role in request.POST.getlist("roles") if role in dict(_roles())],
                is_default="is_default" in request.POST,
                by=user,
            )
        except DomainError as refusal:
            messages.warning(request, refusal.message)
            return self._back(request, query)
        except IncorrectLookupParameters:
            messages.warning(request, _("These filters do not fit this list any more."))
            return self._back(request, "")
        messages.success(request, _("Kept as “%(name)s”.") % {"name": view.name})
        return self._back(request, address_of(view))

    def change_view_view(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Rename, share, delete or bring back a view, or open the list with it."""
        self._refuse_strangers(request)
        user: Any = request.user
        does = request.POST.get("do", "")
        view = view_of(public_id, listing=self.listing, by=user, deleted=does == "restore")
        if request.method != "POST" or view is None:
            raise Http404
        query = address_of(view)
        try:
            match does:
                case "rename":
                    rename_view(view, name=request.POST.get("name", ""), by=user)
                case "share":
                    share_view(view, roles=self._shared_roles(request), by=user)
                case "delete":
                    delete_view(view, by=user)
                    request.session[_UNDO] = {"id": public_id, "name": view.name}
                    query = urlencode({VIEW: ALL})
                case "restore":
                    restore_view(view, by=user)
                case "open_with":
                    open_with(view, listing=self.listing, by=user)
                    words = _("The list opens with “%(name)s” from now on.")
                    messages.success(request, words % {"name": view.name})
                case _:
                    raise Http404
        except DomainError as refusal:
            messages.warning(request, refusal.message)
        return self._back(request, query)

    def _shared_roles(self, request: HttpRequest) -> list[str]:
        known = dict(_roles())
        return [role for role in request.POST.getlist("roles") if role in known]

    def _back(self, request: HttpRequest, query: str) -> HttpResponse:
        return HttpResponseRedirect(self.list_url("changelist") + f"?{query or f'{VIEW}={ALL}'}")

    def _refuse_strangers(self, request: HttpRequest) -> None:
        if not self.has_list_head or not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise Http404


def address_of(view: SavedView) -> str:
    """Return the query of the address that opens ``view``."""
    return "&".join(part for part in (view.query, urlencode({VIEW: view.public_id})) if part)


def _roles() -> list[tuple[str, str]]:
    """Return the roles that use the back office, with their names."""
    person = get_user_model()
    field: Any = person._meta.get_field("roles")
    return [
        (code, str(name))
        for code, name in field.base_field.choices
        if person(roles=[code], is_active=True).can("admin.use")
    ]
