"""What clients send: only the fields that are written down, each checked, anything else refused."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers


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
        return super().to_internal_value(data)


def accepted(sent: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """Return the checked fields of what was sent. Raises ``ValidationError`` (400)."""
    checked = sent(data=data)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)
