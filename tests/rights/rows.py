"""A row of any kind, for lists of which the house of these tests has none."""

from datetime import date, timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from accounts.models import User

# What one made by its columns alone would not be; what is asked when it is made is a function.
ALSO: dict[str, dict[str, Any]] = {
    "accounts.likeness": {"other_user_id": lambda: _last_person(), "signs": ["phone"]},
    "accounts.populationday": {
        "tiers": {"normal": 1},
        "bands": {"good": 1},
        "histograms": {"value": {"step": 250, "counts": [1] + [0] * 19}},
    },
    "accounts.segment": {"code": "rich", "name": "大户", "conditions": {"value_from": 100}},
    "accounts.standingrules": {"numbers": {"super_value": 900}},
    "accounts.tiertitle": {"until": timezone.now() + timedelta(days=1)},
    "accounts.personaldataaccess": {"kind": "page", "field": "", "purpose": ""},
    "apass.invitationcode": {"used_at": None, "expires_at": timezone.now() + timedelta(days=1)},
    "django_q.success": {"success": True, "stopped": timezone.now()},
    "tickets.contactblock": {"ended_why": "", "appeal": ""},
    "workforce.skill": {"code": "fruit"},
    "workforce.workcalendar": {"code": "day"},
    "workforce.qualitymeasure": {"month": date(2026, 1, 1)},
    "django_q.failure": {"id": "another word", "success": False, "stopped": timezone.now()},
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
    also = ALSO.get(model._meta.label_lower, {})
    needed |= {name: value() if callable(value) else value for name, value in also.items()}
    made = model(**needed)
    models.Model.save_base(made, force_insert=True)
    return made.pk


def _last_person() -> int:
    """Return somebody nobody of the office is: who is part of a pair does not see it."""
    return User.objects.order_by("-pk").values_list("pk", flat=True)[0]


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
