"""Which files the back office takes: the loaders of the commands, offered to people."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.translation import override

from common.loading.runs import Loader


@dataclass(frozen=True)
class Offer:
    """One kind of file: its loader, what it is called, and whose words its columns have.

    Columns are called as the fields of ``model`` are; ``words`` names those that are none.
    """

    make: Callable[[], Loader]
    label: Any
    model: type[Model]
    words: dict[str, Any] = field(default_factory=dict)

    def names(self) -> dict[str, str]:
        """Return what each column is called, in the language of the moment."""
        return {column.name: str(self._word(column.name)) for column in self.make().columns}

    def column_names(self) -> dict[str, str]:
        """Return the loader's name of each column by all it may be called, in lower case."""
        found: dict[str, str] = {}
        for code, _name in settings.LANGUAGES:
            with override(code):
                found |= {word.strip().lower(): name for name, word in self.names().items()}
        return found | {name: name for name in self.names()}

    def _word(self, name: str) -> Any:
        if name in self.words:
            return self.words[name]
        try:
            return getattr(self.model._meta.get_field(name), "verbose_name", name)
        except FieldDoesNotExist:
            return name


_offers: dict[str, Offer] = {}


def offer_import(
    make: Callable[[], Loader],
    *,
    kind: str,
    label: Any,
    model: type[Model],
    words: dict[str, Any] | None = None,
) -> None:
    """Let files of ``kind`` be loaded through the back office. Called by the app that owns them."""
    _offers[kind] = Offer(make, label, model, words or {})


def offers() -> dict[str, Offer]:
    """Return all kinds of files that may be brought."""
    return dict(_offers)


def offer_of(kind: str) -> Offer | None:
    """Return one kind, None when nobody offers it."""
    return _offers.get(kind)
