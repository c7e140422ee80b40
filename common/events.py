"""History in words: what an event is called, what changed from what to what."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from common.inventory import mask_of
from common.masking import mask_phone, mask_text
from common.models import Event, Parameter
from common.parameter_words import spoken
from common.parameters import Declaration, declaration

_names: dict[str, Any] = {}
_facts: dict[str, dict[str, Any]] = {}
_LONGEST_VALUE = 80
_NOTHING = "—"
# Names are masked by the rows themselves (``shown_name``): colleagues are called by theirs.
_HIDING: dict[str, Callable[[str], str]] = {"phone": mask_phone, "text": mask_text}


@dataclass(frozen=True)
class Change:
    """One field of one event, in words. ``before`` is None where nothing was before."""

    label: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Line:
    """One event as people read it."""

    at: datetime
    actor: str
    words: str
    subject: str
    url: str | None
    changes: list[Change]
    reason: str


def name_events(names: Mapping[str, Any]) -> None:
    """Say what events are called: code (``noun.verbed``) to a translatable sentence."""
    _names.update(names)


def name_facts(model: type[models.Model], **fields: Any) -> None:
    """Say how histories of ``model`` read what they record beside its columns: as these ``fields``."""
    _facts.setdefault(model._meta.label_lower, {}).update(fields)


def event_names() -> dict[str, Any]:
    """Return all named events by code."""
    return dict(_names)


def event_words(action: str) -> str:
    """Return what ``action`` is called; an event nobody named reads as its code in plain letters."""
    if action in _names:
        return str(_names[action])
    return action.replace(".", " ").replace("_", " ").capitalize()


def history_lines(events: Iterable[Event]) -> list[Line]:
    """Put events into words; asks one query per kind of row that they name (people, teams …)."""
    events = list(events)
    names = _names_of_rows(events)
    return [
        Line(
            at=event.at,
            actor=_shown(event.actor) if event.actor_id else _("the house"),
            words=event_words(event.action),
            subject=_subject_words(event),
            url=_url(event),
            changes=_changes(event, names),
            # Lines from before reasons were masked when they were written.
            reason=mask_text(event.reason) if event.reason else "",
        )
        for event in events
    ]


def _shown(row: Any) -> str:
    """Return what a row is called; what is a person's name is masked by the row itself."""
    return str(getattr(row, "shown_name", row))


def _names_of_rows(events: list[Event]) -> dict[tuple[type[models.Model], str], str]:
    """Return what the rows that before and after point at are called, by model and key."""
    wanted: dict[type[models.Model], dict[str, Any]] = {}
    for event in events:
        model = _model(event.subject_type)
        for name, value in [*event.before.items(), *event.after.items()]:
            field = _field(model, name)
            if field is None or not field.is_relation or value in (None, ""):
                continue
            target = field.related_model
            try:
                wanted.setdefault(target, {})[str(value)] = target._meta.pk.to_python(value)
            except (ValidationError, TypeError):
                continue  # recorded by its number, which reads well as it is
    return {
        (model, key): _shown(row)
        for model, keys in wanted.items()
        for rows in [model._base_manager.in_bulk(list(keys.values()))]
        for key, pk in keys.items()
        if (row := rows.get(pk)) is not None
    }


def _model(label: str) -> type[models.Model] | None:
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def _subject_words(event: Event) -> str:
    model = _model(event.subject_type)
    declared = _declared(event)
    if declared is not None:
        return f"「{declared.label}」"
    name = str(model._meta.verbose_name) if model else event.subject_type
    known = event.after.get("key") or event.before.get("key")
    return f"{name} {known or event.subject_id[-8:]}"


def _declared(event: Event) -> Declaration | None:
    """Return the parameter that a change of one is about."""
    key = event.after.get("key") if event.subject_type == Parameter._meta.label_lower else None
    try:
        return declaration(key) if key else None
    except KeyError:
        return None


def _url(event: Event) -> str | None:
    name = event.subject_type.replace(".", "_")
    try:
        return reverse(f"admin:{name}_change", args=[event.subject_id])
    except NoReverseMatch:
        return None


def _changes(event: Event, rows: dict[tuple[type[models.Model], str], str]) -> list[Change]:
    model = _model(event.subject_type)
    names = [*event.before, *(name for name in event.after if name not in event.before)]
    declared = _declared(event)
    changes = []
    for name in names:
        if declared is not None and name == "value":
            # A number alone says nothing: sixty of what?
            both = [
                spoken(declared, declared.parse(it[name])) for it in (event.before, event.after)
            ]
            if both[0] != both[1]:
                changes.append(Change(_("value"), *both))
            continue
        if declared is not None and name == "key":
            continue
        field = _field(model, name)
        before = _value(field, event.before[name], rows) if name in event.before else None
        after = _value(field, event.after[name], rows) if name in event.after else None
        if field is None and _is_key(after or before):
            continue
        if before != after:
            hide = _hider(model, name)
            changes.append(Change(_label(model, name), hide(before), hide(after)))
    return changes


def _hider(model: type[models.Model] | None, name: str) -> Callable[[str | None], str | None]:
    """Return what hides the values of a column that the inventory calls personal."""
    mask = _HIDING.get(mask_of(model._meta.label, name)) if model is not None else None
    return lambda shown: mask(shown) if mask and shown and shown != _NOTHING else shown


def _label(model: type[models.Model] | None, name: str) -> str:
    """Return what a recorded name is called: a field's word, or that of the rows it lists."""
    try:
        field: Any = model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        field = _field(model, name)
    if field is None:
        return name.replace("_", " ")
    return str(getattr(field, "verbose_name", "") or field.related_model._meta.verbose_name_plural)


def _field(model: type[models.Model] | None, name: str) -> Any:
    if model is None:
        return None
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return _facts.get(model._meta.label_lower, {}).get(name)
    return field if hasattr(field, "verbose_name") else None


def _is_key(text: str | None) -> bool:
    try:
        return bool(text and UUID(text))
    except ValueError:
        return False


def _value(field: Any, value: Any, rows: dict[tuple[type[models.Model], str], str]) -> str:
    if value is None or value == "" or value == []:
        return _NOTHING
    if field is not None and field.is_relation:
        return rows.get((field.related_model, str(value)), str(value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return "、".join(_value(getattr(field, "base_field", field), part, rows) for part in value)
    if isinstance(value, dict):
        return "、".join(f"{name}: {_value(None, part, rows)}" for name, part in value.items())
    choices = dict(getattr(field, "flatchoices", None) or [])
    if value in choices:
        return str(choices[value])
    if isinstance(value, str) and len(value) >= 19 and (moment := _moment(value)):
        return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}"
    text = str(value)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is not None and timezone.is_aware(moment) else None
