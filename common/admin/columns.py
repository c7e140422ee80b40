"""Which columns a list may show, which of them somebody chose, and what stands in a cell as text."""

from collections.abc import Sequence
from datetime import date, datetime
from html import unescape
from typing import Any

from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common.admin.lists import COLUMNS

LONGEST_COLUMN = 64
"""Longer texts are somebody's words; they are read on the row's own page, where it masks them."""


def offered(page: Any, request: HttpRequest) -> list[str]:
    """Return the columns that may be chosen: the list's own, then the short facts of the row's page."""
    own = [name for name in page.list_display if isinstance(name, str)]
    shown = [
        name
        for part in (page.fields or ())
        for name in ([part] if isinstance(part, str) else part)
        if name not in own and name not in page.hidden_fields and _is_short_fact(page.model, name)
    ]
    return [*own, *shown]


def _is_short_fact(model: type[models.Model], name: str) -> bool:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    if not isinstance(field, models.Field) or field.many_to_many:
        return False
    if isinstance(field, models.TextField | models.JSONField):
        return False
    if field.remote_field is not None:
        # A buyer's name is masked by the page's own column, not by the reference.
        target: Any = field.related_model
        return target is get_user_model() or not hasattr(target, "shown_name")
    return not isinstance(field, models.CharField) or bool(
        field.choices or (field.max_length or LONGEST_COLUMN) < LONGEST_COLUMN
    )


def chosen(page: Any, request: HttpRequest) -> list[str]:
    """Return the columns that the address names, in its order; empty when it names none."""
    asked = ",".join(request.GET.getlist(COLUMNS)).split(",")[:50]
    may = set(offered(page, request))
    return list(dict.fromkeys(name for name in asked if name in may))


def relations(page: Any, names: Sequence[str]) -> list[str]:
    """Return the foreign keys among ``names``: each would be a query a row."""
    found = []
    for name in names:
        try:
            field = page.model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        if field.many_to_one or field.one_to_one:
            found.append(name)
    return found


def label(page: Any, name: str) -> str:
    """Return what a column is called."""
    words = str(label_for_field(name, page.model, page))
    return words[:1].upper() + words[1:]


def text_of(page: Any, row: models.Model, name: str) -> str:
    """Return what stands in the cell, as text: what the page shows, without its colours."""
    try:
        field, attr, found = lookup_field(name, row, page)
    except ObjectDoesNotExist:
        return ""
    empty = str(page.get_empty_value_display())
    if field is None or field.auto_created:
        if getattr(attr, "boolean", False):
            return _truth(found)
    elif field.remote_field is not None:
        other = getattr(row, field.name)
        return "" if other is None else str(getattr(other, "shown_name", other))
    elif getattr(field, "flatchoices", None):
        found = dict(field.flatchoices).get(found, found)
    return _plain(found, empty)


def _plain(found: Any, empty: str) -> str:
    match found:
        case None:
            return ""
        case bool():
            return _truth(found)
        case datetime():
            return f"{timezone.localtime(found):%Y-%m-%d %H:%M:%S}"
        case date():
            return found.isoformat()
        case list() | tuple():
            return "、".join(_plain(part, empty) for part in found)
        case SafeString():
            text = unescape(strip_tags(found)).strip()
        case _:
            text = str(found)
    return "" if text == empty else text


def _truth(found: Any) -> str:
    if found is None:
        return ""
    return _("yes") if found else _("no")
