from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.search.indexing import fill, forget_fill, index_changes, unfilled
from common.search.kinds import lined_kinds

BATCH = 2_000


class Command(BaseCommand):
    """Write the search index to its end now, instead of leaving it to the clock."""

    help = (
        "Write the lines of everything that is not in the search index yet: older things, newest "
        "first, and what changed. May be stopped and started again; nobody has to wait meanwhile. "
        "--again writes the lines of a kind anew from the beginning."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Know the kinds."""
        parser.add_argument(
            "--again", action="append", default=[], metavar="KIND", help="a kind, or 'all'"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Fill kind by kind, then take up the changes."""
        kinds = {kind.name: kind for kind in lined_kinds()}
        again = set(options["again"])
        if unknown := again - {*kinds, "all"}:
            raise CommandError(
                f"no kind is called {', '.join(sorted(unknown))}; known: {', '.join(kinds)}, all"
            )
        for name, kind in kinds.items():
            if again & {name, "all"}:
                forget_fill(kind)
        for kind in unfilled():
            count = 0
            while written := fill(kind, BATCH):
                count += written
                self.stdout.write(f"{kind.name}: {count}", ending="\r")
            self.stdout.write(f"{kind.name}: {count} looked at")
        changes = 0
        while taken := index_changes(BATCH):
            changes += taken
        self.stdout.write(f"{changes} changes taken up")
