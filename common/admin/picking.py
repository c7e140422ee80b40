"""Boxes in which a row of another list is picked by searching."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.http import HttpRequest


class _OnlyKeys:
    """Shows again what can be a key; the stock box looks anything up, and fails on what cannot."""

    def optgroups(self, name: str, value: Iterable[Any], attrs: Any = None) -> Any:
        key = self.field.remote_field.model._meta.pk  # type: ignore[attr-defined]
        kept = [one for one in value if _can_be(key, one)]
        return super().optgroups(name, kept, attrs)  # type: ignore[misc]


class PickOne(_OnlyKeys, AutocompleteSelect):
    """Picks one row."""


class PickSome(_OnlyKeys, AutocompleteSelectMultiple):
    """Picks several rows."""


class Picking:
    """A page, or a part of one, whose ``autocomplete_fields`` take whatever is sent."""

    admin_site: Any

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        self._pick(PickOne, db_field, request, kwargs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        self._pick(PickSome, db_field, request, kwargs)
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]

    def _pick(self, box: Any, db_field: Any, request: HttpRequest, kwargs: dict[str, Any]) -> None:
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            kwargs.setdefault("widget", box(db_field, self.admin_site, using=kwargs.get("using")))


def _can_be(key: Any, given: Any) -> bool:
    """Tell whether the database would take ``given`` as a key: some numbers are too long for it."""
    if given in ("", None):
        return True
    try:
        key.run_validators(key.to_python(given))
    except ValidationError:
        return False
    return True
