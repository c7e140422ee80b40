"""Numbers of the API. Apart from ``common.rest``: whoever asks for one must not import its views."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from common.parameters import declare, value

_for_apps: dict[str, str] = {}


def tell_apps(name: str, key: str) -> None:
    """Let apps read the parameter ``key`` as ``name`` in ``GET /api/v1/me/``; durations as seconds."""
    _for_apps[name] = key


def numbers_for_apps() -> dict[str, int]:
    """Return the numbers apps work with, as they are now."""
    now = {name: value(key) for name, key in _for_apps.items()}
    return {
        name: int(one.total_seconds() if isinstance(one, timedelta) else one)
        for name, one in now.items()
    }


declare(
    "api.reads_a_minute",
    600,
    _("Questions one person or token may ask the API in a minute"),
    minimum=10,
    maximum=10_000_000,
)
declare(
    "api.writes_a_minute",
    120,
    _("Changes one person or token may make through the API in a minute"),
    minimum=5,
    maximum=10_000_000,
)
declare(
    "api.strangers_a_minute",
    60,
    _("Requests one address may send to the API in a minute without being signed in"),
    minimum=5,
    maximum=10_000_000,
)
declare("api.page_rows", 200, _("Rows of one API page at most"), minimum=10, maximum=1_000)
declare(
    "api.answers_kept",
    timedelta(hours=24),
    _("How long the answer to a request with an idempotency key is kept"),
    minimum=timedelta(hours=24),
    maximum=timedelta(days=30),
    legal=True,
    unit=_("seconds"),
)
declare(
    "api.changes_kept",
    timedelta(days=14),
    _("How old the cursor of an app may be before it has to read everything anew"),
    minimum=timedelta(hours=1),
    maximum=timedelta(days=90),
    unit=_("seconds"),
)

tell_apps("page_rows", "api.page_rows")
tell_apps("reads_a_minute", "api.reads_a_minute")
tell_apps("writes_a_minute", "api.writes_a_minute")
