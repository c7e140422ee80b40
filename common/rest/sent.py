"""What clients send: only the fields that are written down, each checked, anything else refused."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from common.ids import parse_key, public_key
from common.parameters import value


class Sent(serializers.Serializer[Any]):
    """The fields of one request, in its body or its query. A field that is not declared is refused."""

    default_error_messages = {"unknown": _("This field is not known here.")}

    def to_internal_value(self, data: Any) -> Any:
        """Check ``data`` and name every field nobody asked for (code ``unknown``)."""
        if isinstance(data, Mapping) and (extra := [key for key in data if key not in self.fields]):
            known = self.error_messages["unknown"]
            raise serializers.ValidationError(
                {str(key)[:80]: [known] for key in extra[:20]}, code="unknown"
            )
        if (
            isinstance(data, dict)
            and not isinstance(data, QueryDict)
            and "words" not in self.context
        ):
            self._require_kinds(data)
        return super().to_internal_value(data)

    def _require_kinds(self, data: dict[str, Any]) -> None:
        """Refuse numbers where words are asked for and the like: JSON has kinds of its own."""
        refused = {
            name: [_wrong_kind(field)]
            for name, field in self.fields.items()
            if name in data and not _is_its_kind(field, data[name])
        }
        if refused:
            raise serializers.ValidationError(refused, code="invalid")


class Nothing(Sent):
    """A request without a body: what it names stands in its address."""


def _wrong_kind(field: Any) -> Any:
    """Return what ``field`` says of a value of another kind; a list says it of what stands in it."""
    child = getattr(field, "child", None)
    return (child or field).error_messages["invalid"]


def _is_its_kind(field: Any, given: Any) -> bool:
    """Tell whether ``given`` has the kind that ``field`` is described with; None is asked elsewhere."""
    match field:
        case _ if given is None:
            return True
        case serializers.CharField() | serializers.UUIDField():
            return isinstance(given, str)
        case serializers.IntegerField():
            return not isinstance(given, str)
        case serializers.BooleanField():
            return isinstance(given, bool)
        case serializers.ListField() if isinstance(given, list):
            return all(_is_its_kind(field.child, one) for one in given)
    return True


class BadQuery(serializers.ValidationError):
    """Something in the address after the question mark cannot be used: 400."""


class KeyField(serializers.Field):  # type: ignore[type-arg]
    """A key with its prefix, as ``common.ids`` writes it; a bare UUID of our own pages is taken too."""

    default_error_messages = {"invalid": _("This is not a key that begins with %(prefix)s_.")}

    def __init__(self, prefix: str, **given: Any) -> None:
        super().__init__(**given)
        self.prefix = prefix

    def to_internal_value(self, data: Any) -> UUID:
        try:
            return parse_key(self.prefix, data)
        except ValueError:
            words = str(self.error_messages["invalid"]) % {"prefix": self.prefix}
            raise serializers.ValidationError(words, code="invalid") from None

    def to_representation(self, value: UUID) -> str:
        return public_key(self.prefix, value)


ROWS = "How many at most; never more than numbers.page_rows of who one is."


class RowLimit(serializers.IntegerField):
    """How many rows of a page; more than the parameter ``api.page_rows`` are cut to it."""

    def __init__(self, **given: Any) -> None:
        usual: dict[str, Any] = {"required": False, "min_value": 1, "help_text": ROWS}
        super().__init__(**usual | given)

    def to_internal_value(self, data: Any) -> int:
        return min(super().to_internal_value(data), value("api.page_rows"))


class PageQuery(Sent):
    """What every list takes: where the page begins, and how long it may be."""

    cursor = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        help_text="The next_cursor of the page before.",
    )
    limit = RowLimit(default=50)


def accepted(
    sent: type[serializers.Serializer[Any]], data: Any, *, words: bool = False
) -> dict[str, Any]:
    """Return the checked fields of what was sent. Raises ``ValidationError`` (400).

    With ``words`` everything is text, as in a query; else a number is no text and text no number.
    """
    checked = sent(data=data, context={"words": True} if words else {})
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


def asked(
    query: type[serializers.Serializer[Any]], given: QueryDict, *, apart: frozenset[str]
) -> dict[str, Any]:
    """Return the checked fields of a query, those named ``apart`` left out. Raises ``BadQuery`` (400)."""
    try:
        named = {name: given[name] for name in given if name not in apart}
        return accepted(query, named, words=True)
    except serializers.ValidationError as refused:
        raise BadQuery(refused.detail) from None
