"""The task queue runs only what the code allows: any dotted path in its tables would run otherwise."""

import logging
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.brokers.orm import ORM
from django_q.models import OrmQ, Task
from django_q.signing import BadSignature, SignedPackage

from common.history import record

log = logging.getLogger(__name__)


def dotted(function: Any) -> str:
    """Return the dotted path of a task's function, however it was given."""
    if isinstance(function, str):
        return function
    return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', function)}"


def refused(task: dict[str, Any]) -> str | None:
    """Return the function of ``task`` (or its hook) that is not allowed, or None."""
    asked = [dotted(task.get("func"))]
    if task.get("hook"):
        asked.append(dotted(task["hook"]))
    return next((path for path in asked if path not in settings.TASK_FUNCTIONS), None)


class GuardedBroker(ORM):
    """The database queue; a task that is not allowed is taken out before anybody imports it."""

    def dequeue(self) -> list[tuple[int, str]] | None:
        taken: list[tuple[int, str]] | None = super().dequeue()
        if not taken:
            return taken
        return [(number, payload) for number, payload in taken if not self._refuse(number, payload)]

    def _refuse(self, number: int, payload: str) -> bool:
        try:
            task = SignedPackage.loads(payload)
        except (TypeError, BadSignature):
            return False  # the cluster drops it and says so
        path = refused(task)
        if path is None:
            return False
        log.critical(
            "task %s refused: %s is not among the functions that may run", task.get("name"), path
        )
        now = timezone.now()
        with transaction.atomic():
            OrmQ.objects.filter(pk=number).delete()
            row, _made = Task.objects.update_or_create(
                id=task["id"],
                defaults={
                    "name": task["name"],
                    "func": path,
                    "started": task.get("started") or now,
                    "stopped": now,
                    "success": False,
                    "result": f"refused: {path} is not among the functions that may run",
                },
            )
            record(
                row,
                "task.refused",
                by=None,
                after={"func": path},
                reason=_("not among the functions that may run"),
            )
        return True
