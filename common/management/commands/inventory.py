"""Write ``docs/personal-data.md`` from the inventory of columns, or say what it lacks."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from common.inventory import complaints, document

PATH = "docs/personal-data.md"


class Command(BaseCommand):
    """``inventory`` writes the document; ``--check`` changes nothing and fails when it is not right."""

    help = "Write docs/personal-data.md from the inventory of columns."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing, fail if wrong")

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = complaints()
        if wrong:
            raise CommandError("\n".join(wrong))
        path = settings.BASE_DIR / PATH
        if not options["check"]:
            path.write_text(document(), encoding="utf-8")
            self.stdout.write(f"{PATH} written")
        elif not path.exists() or path.read_text("utf-8") != document():
            raise CommandError(f"{PATH} is not what the inventory says; run inventory")
