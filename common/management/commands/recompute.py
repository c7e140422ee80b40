from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from common.recompute import derived


class Command(BaseCommand):
    """Compute from zero what is stored, and say or mend the differences."""

    help = (
        "Compute what is derived (scores, totals) from zero. --check compares with what is stored "
        "and changes nothing; it fails when a row differs. Without it the stored rows are made anew."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Know what can be recomputed."""
        parser.add_argument("--check", action="store_true", help="compare only")
        parser.add_argument(
            "--only", action="append", default=[], metavar="NAME", help="one of them"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through what is registered, part by part."""
        known = {one.name: one for one in derived()}
        wanted = options["only"] or list(known)
        if unknown := sorted(set(wanted) - set(known)):
            raise CommandError(f"nothing is called {', '.join(unknown)}; known: {', '.join(known)}")
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
        now, wrong = timezone.now(), 0
        for name in wanted:
            if not options["check"]:
                known[name].mend(now)
            for found in known[name].check(now):
                wrong += found.rows
                example = f", e.g. {found.example}" if found.rows else ""
                self.stdout.write(f"{name} {found.where}: {found.rows} differ{example}")
        if wrong:
            raise CommandError(f"{wrong} rows differ from what they are derived from")
        self.stdout.write("0 differences")
