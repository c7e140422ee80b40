"""A row of any kind, for lists of which the house of these tests has none."""

from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone

# What one made by its columns alone would not be.
ALSO: dict[str, dict[str, Any]] = {
    "accounts.personaldataaccess": {"kind": "page", "field": "", "purpose": ""},
    "apass.invitationcode": {"used_at": None, "expires_at": timezone.now() + timedelta(days=1)},
    "django_q.success": {"success": True, "stopped": timezone.now()},
    "django_q.failure": {"success": False, "stopped": timezone.now()},
}


def key_of_a_row(model: type[models.Model]) -> Any:
    """Return the key of the first row of ``model``; of one made for it when there is none."""
    rows = model._default_manager.order_by("pk")
    found = rows.values_list("pk", flat=True).first()
    if found is not None:
        return found
    needed = {
        field.attname: _value_for(field)
        for field in model._meta.concrete_fields
        if not (field.has_default() or field.null or field.auto_created)
    }
    made = model(**needed | ALSO.get(model._meta.label_lower, {}))
    models.Model.save_base(made, force_insert=True)
    return made.pk


def _value_for(field: Any) -> Any:
    if isinstance(field, models.ForeignKey):
        return key_of_a_row(field.related_model)
    if field.choices:
        return field.choices[0][0]
    if isinstance(field, models.BinaryField):
        return b"bytes"
    if isinstance(field, models.DateTimeField):
        return timezone.now()
    if isinstance(field, models.DateField):
        return timezone.localdate()
    if isinstance(field, models.CharField | models.TextField):
        return "a word"[: field.max_length]
    return 1
