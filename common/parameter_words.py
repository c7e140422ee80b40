"""How parameters' values are said."""

from datetime import time, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.parameters import Declaration, Value


def spoken(declared: Declaration, number: Value) -> str:
    """Say a value with its unit: durations in the largest whole unit."""
    if isinstance(number, bool):
        return _("yes") if number else _("no")
    if isinstance(number, timedelta):
        return duration_words(number)
    if isinstance(number, time):
        return f"{number:%H:%M}"
    if isinstance(number, int | Decimal):
        unit = str(declared.unit)
        return f"{number:,} {unit}".strip()
    return f"「{number}」" if number else _("left empty")


def duration_words(span: timedelta) -> str:
    """Say a duration exactly, in the largest unit that leaves no rest."""
    seconds = span.total_seconds()
    if seconds and seconds % 86_400 == 0:
        n = int(seconds // 86_400)
        return ngettext("%(n)s day", "%(n)s days", n) % {"n": n}
    if seconds and seconds % 3_600 == 0:
        n = int(seconds // 3_600)
        return ngettext("%(n)s hour", "%(n)s hours", n) % {"n": n}
    if seconds and seconds % 60 == 0:
        n = int(seconds // 60)
        return ngettext("%(n)s minute", "%(n)s minutes", n) % {"n": n}
    return _("%(n)s seconds") % {"n": f"{seconds:g}"}
