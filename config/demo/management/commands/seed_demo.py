"""Fill an empty house with the demo world."""

import time
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.demo.build import build
from config.demo.world import is_empty


class Command(BaseCommand):
    help = (
        "Fill an empty database with the demo world: sixty days that end now (or at --day, 10:38)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing when somebody lives here"
        )
        parser.add_argument(
            "--day", help="the last day, YYYY-MM-DD; the same day gives the same world"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_empty():
            if options["if_empty"]:
                return
            raise CommandError(
                "The database is not empty; the demo world is only built in an empty one (./run reset empties it)."
            )
        now = timezone.now()
        if options["day"]:
            try:
                day = datetime.fromisoformat(options["day"])
            except ValueError:
                raise CommandError("--day wants YYYY-MM-DD, for instance 2026-11-20.") from None
            now = day.replace(hour=10, minute=38, tzinfo=ZoneInfo("Asia/Shanghai"))
        started = time.monotonic()
        made = build(now)
        counts = ", ".join(f"{count} {name}" for name, count in made.items())
        self.stdout.write(f"demo world: {counts} ({time.monotonic() - started:.1f} s)")
