"""Lists that open as fast with 400,000 rows as with 50: pages by key, no COUNT."""

from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.views import ChangeList

from common.calendars import day_start
from common.ids import uuid7_from
from common.rules import is_in_bounds

MOST_OFFERED = 200
OLDER, NEWER = "older", "newer"
"""Query parameters: the key after which the page goes on, before which it goes back."""
COLUMNS, VIEW = "cols", "view"
"""Query parameters: the columns somebody chose, the saved view that is open. Neither is a filter."""
LONGEST_NAME, LONGEST_VALUE = 100, 200


class KeysetPaginator(Paginator):  # type: ignore[type-arg]
    """Names the template; the change list cuts the page itself and nothing is counted.

    Only the choice boxes page by number; they count no further than anybody will scroll.
    """

    template_name = "common/admin/keyset.html"

    @cached_property
    def count(self) -> int:
        return len(self.object_list[:MOST_OFFERED])


class HouseChangeList(ChangeList):
    """A change list that takes only what its filters ask for, and knows views and columns.

    With ``request.asks_filters_only`` no row is read: who counts, exports or works on all that
    match needs the queryset alone.
    """

    not_filters: ClassVar[tuple[str, ...]] = (VIEW,)

    def get_filters_params(self, params: Any = None) -> Any:
        lookups = super().get_filters_params(params)
        lookups.pop(COLUMNS, None)
        return lookups

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Model]:
        # No filters: links of filters and actions must not carry them.
        for name in self.not_filters:
            self.filter_params.pop(name, None)
        taken = {name: self.params.pop(name, None) for name in self.not_filters}
        if not hasattr(self, "taken"):
            self.taken = taken
        return super().get_queryset(request, *args, **kwargs)

    def get_filters(self, request: HttpRequest) -> Any:
        """Refuse every parameter that no filter of this list asks for.

        Django would look up any field of the row by any comparison: a regular expression on a
        name, the first digits of a masked number.
        """
        asked = self.get_filters_params()
        if any(len(name) > LONGEST_NAME for name in asked) or any(
            len(text) > LONGEST_VALUE for texts in asked.values() for text in texts
        ):
            raise DisallowedModelAdminLookup("a filter's name or value is too long")
        try:
            found = super().get_filters(request)
        except IncorrectLookupParameters as error:
            if isinstance(error.__cause__, FieldDoesNotExist):
                raise DisallowedModelAdminLookup("no filter asks for this") from error
            raise
        if found[2]:
            raise DisallowedModelAdminLookup(f"no filter asks for {min(found[2])}")
        return found

    def get_results(self, request: HttpRequest) -> None:
        if getattr(request, "asks_filters_only", False):
            self.result_list: Any = []
            return
        self.read_page(request)

    def read_page(self, request: HttpRequest) -> None:
        """Read the rows of the page that was asked for."""
        super().get_results(request)

    def kept_query(self) -> str:
        """Return what a saved view, an export or a job of this list keeps: filters, words, columns."""
        kept = QueryDict(mutable=True)
        names = sorted({name for spec in self.filter_specs for name in spec.expected_parameters()})
        for name in [*names, SEARCH_VAR]:
            given = [text for text in self.filter_params.get(name, []) if text]
            if given:
                kept.setlist(name, given)
        if columns := ",".join(text for text in self.filter_params.get(COLUMNS, []) if text):
            kept[COLUMNS] = columns
        return kept.urlencode(safe=",")


class KeysetChangeList(HouseChangeList):
    """A change list in primary-key order, whose pages begin at a key and not at an offset."""

    cursors: ClassVar[tuple[str, str]] = (OLDER, NEWER)
    not_filters = (VIEW, OLDER, NEWER)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Model]) -> list[str]:
        return ["-pk"]

    def read_page(self, request: HttpRequest) -> None:
        size = self.list_per_page
        older, newer = (self._key(name) for name in self.cursors)
        if newer is not None:
            rows = list(self.queryset.filter(pk__gt=newer).order_by("pk")[: size + 1])
            more_back, more_on = len(rows) > size, True
            rows = rows[:size][::-1]
        else:
            wanted = self.queryset if older is None else self.queryset.filter(pk__lt=older)
            rows = list(wanted[: size + 1])
            more_back, more_on = older is not None, len(rows) > size
            rows = rows[:size]
        self.model_admin.prepare_rows(request, rows)
        self.result_list = rows
        self.is_whole = not more_back and not more_on
        self.result_count = len(rows) if self.is_whole else len(rows) + 1
        self.newer_url = self.get_query_string({NEWER: rows[0].pk}) if rows and more_back else None
        self.older_url = self.get_query_string({OLDER: rows[-1].pk}) if rows and more_on else None
        self.first_url = self.get_query_string() if more_back else None
        self.is_narrowed = bool(self.query or self.has_active_filters)
        self.roughly = None if self.is_whole or self.is_narrowed else rough_count(self.model)
        self.full_result_count = self.result_count
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.paginator = self.model_admin.get_paginator(request, self.queryset, size)

    def _key(self, name: str) -> Any:
        raw = self.taken[name]
        if raw in (None, ""):
            return None
        try:
            return self.opts.pk.to_python(raw)
        except ValidationError as error:
            raise IncorrectLookupParameters(error) from error


def rough_count(model: type[Model]) -> str | None:
    """Say about how many rows the table holds, from the planner's figures; None when unknown."""
    with connection.cursor() as cursor:
        # A partitioned table has no figure of its own: its leaves do.
        cursor.execute(
            "SELECT sum(greatest(c.reltuples, 0)) FROM pg_class c WHERE c.relkind = 'r' AND "
            "(c.oid = %(t)s::regclass OR c.oid IN (SELECT relid FROM pg_partition_tree(%(t)s)))",
            {"t": model._meta.db_table},
        )
        rows = int(cursor.fetchone()[0] or 0)
    if not rows:
        return None
    digits = len(str(rows))
    return f"{round(rows, -max(digits - 2, 0)):,}"


class MomentFilter(admin.SimpleListFilter):
    """Rows of today, of seven or thirty days, found through the moment inside their ids."""

    title = gettext_lazy("when")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", _("Today")), ("7", _("7 days")), ("30", _("30 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        days = self.value()
        if days not in {"1", "7", "30"}:
            return queryset
        return queryset.filter(pk__gte=uuid7_from(day_start(timezone.now(), int(days) - 1)))


class WhoAndWhenFilter(admin.ListFilter):
    """Rows of one person and of a period, by the days people type; ids carry the moment.

    ``person`` is the foreign key that names who it was.
    """

    title = gettext_lazy("who and when")
    template = "common/admin/who_and_when.html"
    person = "actor"

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in ("who", "since", "until"):
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1].strip()

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return ["who", "since", "until"]

    def choices(self, changelist: Any) -> Any:
        words = [str(text) for text in self.used_parameters.values() if text]
        yield {
            "selected": bool(words),
            "display": " ".join(words),
            "given": self.used_parameters,
            "kept": [
                (name, text)
                for name, texts in changelist.filter_params.items()
                if name not in self.expected_parameters()
                for text in texts
            ],
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if who := self.used_parameters.get("who"):
            people = get_user_model()._default_manager.filter(
                Q(username__iexact=who) | Q(display_name=who)
            )
            queryset = queryset.filter(
                **{f"{self.person}__in": list(people.values_list("pk", flat=True)[:50])}
            )
        if (since := self._day("since")) is not None:
            queryset = queryset.filter(pk__gte=uuid7_from(since))
        if (until := self._day("until")) is not None:
            queryset = queryset.filter(pk__lt=uuid7_from(until + timedelta(days=1)))
        return queryset

    def _day(self, name: str) -> datetime | None:
        text = self.used_parameters.get(name)
        if not text:
            return None
        try:
            day = date.fromisoformat(str(text))
        except ValueError as error:
            raise IncorrectLookupParameters(error) from error
        if not is_in_bounds(day):
            raise IncorrectLookupParameters(text)
        return timezone.make_aware(datetime.combine(day, time()))
