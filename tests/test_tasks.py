"""Every task that the code enqueues is one the queue may run, and exists."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from django.conf import settings

ROOT = Path(__file__).resolve().parents[1]
APPS = ("accounts", "apass", "common", "merchants", "radio", "tickets", "trade", "workforce")
TASK = re.compile(r"(?:\w+\.)+(?:tasks|lane)\.\w+")


def strings(tree: ast.AST) -> Iterator[str]:
    """Yield every string in the code, but for what is said in docstrings: there it is never alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def enqueued() -> set[str]:
    """Return every task the code names: where it is enqueued, or in a constant for it."""
    files = (path for app in APPS for path in (ROOT / app).rglob("*.py"))
    return {
        said
        for path in files
        for said in strings(ast.parse(path.read_text("utf-8")))
        if TASK.fullmatch(said) and said.partition(".")[0] in APPS
    }


def test_what_is_enqueued_may_run():
    assert enqueued() - settings.TASK_FUNCTIONS == set()
    # By name alone, and by constants: a guard that saw only the first let three tasks be refused.
    assert {"tickets.tasks.return_conversations", "trade.tasks.follow_emergency"} <= enqueued()


def test_what_may_run_exists():
    for path in settings.TASK_FUNCTIONS:
        module, _dot, name = path.rpartition(".")
        assert callable(getattr(import_module(module), name))
