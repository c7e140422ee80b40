"""Does an answer have the shape that was declared for it, to the last field?"""

from typing import Any

from rest_framework import serializers

PLAIN = {
    serializers.IntegerField: int,
    serializers.BooleanField: bool,
    serializers.DictField: dict,
    serializers.CharField: str,
    serializers.ChoiceField: str,
    serializers.DateTimeField: str,
    serializers.DateField: str,
    serializers.UUIDField: str,
}


def misfits(field: Any, told: Any, where: str = "$") -> list[str]:
    """Return where ``told`` is not what ``field`` says, each as a sentence."""
    if isinstance(field, type):
        field = field()
    if told is None:
        return [] if field.allow_null else [f"{where} is null"]
    if isinstance(field, serializers.ListSerializer | serializers.ListField):
        if not isinstance(told, list):
            return [f"{where} is no list"]
        found = [misfits(field.child, one, f"{where}[{n}]") for n, one in enumerate(told)]
        return [line for lines in found for line in lines]
    if isinstance(field, serializers.Serializer):
        return _of_serializer(field, told, where)
    for kind, plain in PLAIN.items():
        if isinstance(field, kind):
            fits = type(told) is plain
            if fits and isinstance(field, serializers.ChoiceField):
                fits = told in field.choices or (field.allow_blank and told == "")
            if fits and isinstance(field, serializers.DateTimeField):
                fits = told.endswith("Z")
            return [] if fits else [f"{where} is {told!r}"]
    return []


def _of_serializer(field: Any, told: Any, where: str) -> list[str]:
    if not isinstance(told, dict):
        return [f"{where} is no object"]
    lines = [f"{where}.{name} is not declared" for name in told.keys() - field.fields.keys()]
    for name, inner in field.fields.items():
        if name in told:
            lines += misfits(inner, told[name], f"{where}.{name}")
        elif inner.required:
            lines.append(f"{where}.{name} is missing")
    return lines
