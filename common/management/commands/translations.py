from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

# Packages whose pages people see; what they leave untranslated we say ourselves.
PACKAGES = ("unfold", "django_q", "rest_framework")


class Command(BaseCommand):
    """Keep the Chinese catalogues complete: collect, compile, check."""

    help = (
        "Collect what is to be translated into the catalogues and compile them. --check writes "
        "nothing and fails with a list of what is missing, fuzzy or stale. Names limit the work: "
        "an app, 'locale' for the rest of the house, 'vendor' for packages."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Know the check and the names."""
        parser.add_argument(
            "--check", action="store_true", help="change nothing, fail if incomplete"
        )
        parser.add_argument(
            "names", nargs="*", help="apps, 'locale' or 'vendor'; all when left out"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check or update every catalogue that was named."""
        tool = _tool()
        root = Path(settings.BASE_DIR)
        ours = {
            config.label for config in apps.get_app_configs() if Path(config.path).parent == root
        }
        catalogues = tool.own_catalogues(root, ours)
        vendor = tool.vendor_catalogue(root, [Path(apps.get_app_config(p).path) for p in PACKAGES])
        catalogues.append(vendor)
        memory = tool.memory_of(catalogues)
        unknown = set(options["names"]) - {one.name for one in catalogues}
        if unknown:
            raise CommandError(f"no catalogue is called {', '.join(sorted(unknown))}")
        chosen = [one for one in catalogues if _is_chosen(one.name, options["names"])]
        # Only moving strings between catalogues asks what all of them say.
        strings = {one.name: one.strings() for one in (chosen if options["check"] else catalogues)}
        if "vendor" in strings:
            known = tool.translated_in(_foreign_folders(root))
            strings["vendor"] = {k: v for k, v in strings["vendor"].items() if k not in known}
        found: list[str] = []
        for catalogue in chosen:
            if not options["check"]:
                same = [o.name for o in catalogues if o.path.stem == catalogue.path.stem]
                elsewhere = {key for name in same for key in strings[name]}
                tool.update(catalogue, strings[catalogue.name], memory, elsewhere)
            found += tool.complaints(catalogue, strings[catalogue.name])
            self.stdout.write(f"{catalogue.name}: {len(strings[catalogue.name])} strings")
        names = {one.name for one in chosen}
        found += [line for name, line in tool.clashes(catalogues) if name in names]
        for line in found:
            self.stderr.write(line)
        if found:
            raise CommandError(f"{len(found)} entries are missing, fuzzy, broken, stale or clash")


def _tool() -> ModuleType:
    try:
        return import_module("common.catalogues")
    except ImportError as error:
        raise CommandError(
            f"{error.name} is not installed; it comes with requirements-dev.txt (make setup)"
        ) from error


def _is_chosen(name: str, names: list[str]) -> bool:
    return not names or name.split("/")[0] in names


def _foreign_folders(root: Path) -> list[Path]:
    """Return where Django and packages keep their own catalogues."""
    packages = [Path(config.path) for config in apps.get_app_configs()]
    django_itself = Path(django.__file__).parent
    return [django_itself, *(path for path in packages if not _is_ours(path, root))]


def _is_ours(path: Path, root: Path) -> bool:
    """Tell whether an app is of this repository; its ``.venv`` lies inside it and is not."""
    if not path.is_relative_to(root):
        return False
    return not any(part.startswith(".") for part in path.relative_to(root).parts)
