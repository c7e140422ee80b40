"""The walls of the house: what no single change may move without meaning to."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model

ROOT = Path(settings.BASE_DIR)
LAYERS = [
    {"common"},
    {"accounts"},
    {"apass"},
    {"merchants", "workforce"},
    {"trade"},
    {"tickets"},
    {"radio"},
]
RANK = {label: rank for rank, layer in enumerate(LAYERS) for label in layer}
APPS = sorted(RANK)
DOORS = {"api", "views", "forms", "consumers", "admin", "tasks", "receivers", "serializers"}
WRITES = {"create", "bulk_create", "get_or_create", "update_or_create", "bulk_update"}
NAMELESS = {"utils", "helpers", "managers", "services", "misc"}


def doors() -> Iterator[tuple[Path, ast.Module]]:
    """Yield the doors of the apps; what ``common`` gives all doors is machinery, not a rule."""
    return (found for found in modules(*DOORS) if found[0].parts[0] != "common")


def modules(*rooms: str) -> Iterator[tuple[Path, ast.Module]]:
    """Yield the parsed modules of our apps; with ``rooms`` only those of these rooms."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            inside = path.relative_to(ROOT / app).with_suffix("")
            if "migrations" in inside.parts:
                continue
            if not rooms or inside.parts[0] in rooms:
                yield path.relative_to(ROOT), ast.parse(path.read_text("utf-8"))


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def dotted(node: ast.AST) -> str:
    """Return ``a.b.c`` for names and attributes, with calls in between left out."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{dotted(node.value)}.{node.attr}"
        case ast.Call():
            return dotted(node.func)
        case _:
            return ""


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the public functions of a module and the public methods of its public classes."""
    for node in tree.body:
        inside = [node]
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            inside = node.body
        for one in inside:
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name[0] != "_":
                yield one


def _is_harmless(call: ast.Call) -> bool:
    """Tell a parent's method, and a form that is only read, from a write."""
    asked = {word.arg: word.value for word in call.keywords}
    commits = asked.get("commit")
    reads = isinstance(commits, ast.Constant) and commits.value is False
    return reads or dotted(call.func).startswith("super.")


def _is_promise(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell a protocol's ``...`` from a function that does something."""
    match function.body:
        case [ast.Expr(ast.Constant(value))]:
            return value is ...
    return False


def test_every_app_has_its_floor():
    ours = {c.label for c in apps.get_app_configs() if Path(c.path).parent == ROOT}
    assert ours - set(APPS) == set()


def test_foreign_keys_point_downwards():
    upward = [
        f"{model._meta.label}.{field.name} -> {target._meta.label}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if not field.auto_created
        and (target := field.related_model) not in (None, get_user_model())
        and (here := model._meta.app_label) in RANK
        and (there := target._meta.app_label) in RANK
        and here != there
        and RANK[there] >= RANK[here]
    ]
    assert upward == []  # everyone may point at a person


def test_doors_open_no_transactions():
    opened = [
        f"{path}:{node.lineno}"
        for path, tree in doors()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and (dotted(node) == "transaction.atomic" or node.attr == "select_for_update")
    ]
    assert opened == []


def test_doors_write_nothing_themselves():
    written = [
        f"{path}:{call.lineno} {dotted(call.func)}"
        for path, tree in doors()
        for call in calls(tree)
        if isinstance(call.func, ast.Attribute)
        and (
            (call.func.attr in WRITES and ".objects" in dotted(call.func))
            or (call.func.attr in ("save", "delete") and not _is_harmless(call))
        )
    ]
    assert written == []


@pytest.mark.parametrize("room", ["rules", "actions", "queries"])
def test_rooms_explain_themselves(room):
    silent = [
        f"{path}:{function.lineno} {function.name}"
        for path, tree in modules(room)
        for function in functions(tree)
        if not ast.get_docstring(function) and not _is_promise(function)
    ]
    assert silent == []


@pytest.mark.parametrize("room", ["rules", "actions", "queries"])
def test_rooms_say_what_they_take_and_give(room):
    bare = [
        f"{path}:{function.lineno} {function.name}"
        for path, tree in modules(room)
        for function in functions(tree)
        if function.returns is None
        or any(
            argument.annotation is None and argument.arg not in ("self", "cls")
            for argument in (
                *function.args.posonlyargs,
                *function.args.args,
                *function.args.kwonlyargs,
            )
        )
    ]
    assert bare == []


def test_actions_name_who_acts_by_keyword():
    positional = [
        f"{path}:{function.lineno} {function.name}"
        for path, tree in modules("actions")
        for function in functions(tree)
        if any(dotted(one) == "transaction.atomic" for one in function.decorator_list)
        and any(a.arg == "by" for a in (*function.args.posonlyargs, *function.args.args))
    ]
    assert positional == []


def test_models_are_defined_in_words():
    silent = [
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in RANK
        and (not model.__doc__ or model.__doc__.startswith(f"{model.__name__}("))
    ]
    assert silent == []


def test_apps_say_what_they_are_for():
    silent = [
        app
        for app in APPS
        if not ast.get_docstring(ast.parse((ROOT / app / "__init__.py").read_text("utf-8")))
    ]
    assert silent == []


def test_keys_are_written_in_one_place():
    found = [
        f"{path}:{line.strip()}"
        for path, _tree in modules()
        for line in (ROOT / path).read_text().splitlines()
        if re.search(r"[a-z}]_\{[^}]*\.hex\}", line) and path != Path("common/ids.py")
    ]
    assert found == []


def test_nothing_but_literals_is_called_safe():
    called = [
        f"{path}:{call.lineno}"
        for path, tree in modules()
        for call in calls(tree)
        if dotted(call.func).split(".")[-1] in ("mark_safe", "SafeString", "SafeText")
        and not (call.args and isinstance(call.args[0], ast.Constant))
    ]
    assert called == []


def test_templates_escape_everything():
    unsafe = re.compile(r"\|\s*safe\b|\|\s*safeseq\b|autoescape\s+off")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "templates").rglob("*"))
        if path.is_file()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if unsafe.search(line)
    ]
    assert found == []


def test_pages_hold_no_inline_code():
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|<style\b|\sstyle=[\"']"
        r"|\son[a-z]+=[\"']|javascript:",
        re.IGNORECASE,
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        # The back office has a policy of its own: its theme styles elements directly.
        if path.relative_to(ROOT / "templates").parts[0] not in ("admin", "unfold")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if inline.search(line)
    ]
    assert found == []


def test_nobody_listens_to_saves():
    listening = [
        path
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute)
        and dotted(node).split(".")[-1] in ("post_save", "pre_save", "post_delete", "m2m_changed")
    ]
    assert listening == []


def test_no_module_is_called_anything():
    assert [path for path, _tree in modules() if NAMELESS & set(path.with_suffix("").parts)] == []


def test_migrations_belong_to_the_apps_models():
    assert [
        label
        for label in APPS
        if list(apps.get_app_config(label).get_models())
        and not list((ROOT / label / "migrations").glob("0001_*.py"))
    ] == []
