"""Every task that the code enqueues is one the queue may run, and exists."""

import re
from importlib import import_module
from pathlib import Path

from django.conf import settings

ROOT = Path(__file__).resolve().parents[1]
APPS = ("accounts", "apass", "common", "merchants", "radio", "tickets", "trade", "workforce")
ENQUEUED = re.compile(r"async_task\(\s*[\"']([\w.]+)[\"']")


def enqueued() -> set[str]:
    files = (path for app in APPS for path in (ROOT / app).rglob("*.py"))
    return {name for path in files for name in ENQUEUED.findall(path.read_text())}


def test_what_is_enqueued_may_run():
    assert enqueued() - settings.TASK_FUNCTIONS == set()
    assert enqueued()


def test_what_may_run_exists():
    for path in settings.TASK_FUNCTIONS:
        module, _dot, name = path.rpartition(".")
        assert callable(getattr(import_module(module), name))
