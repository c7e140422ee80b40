from argparse import SUPPRESS, ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from common.schedules import sync_schedules
from common.watchdog import Watchdog, run_cluster


class Command(BaseCommand):
    """Run background tasks under a watchdog: the ``worker`` of the Procfile."""

    help = "Run background tasks; a cluster that hangs is started again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Know the flag with which the watchdog starts the cluster itself."""
        parser.add_argument("--cluster", action="store_true", help=SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Be the watchdog, or the cluster that it watches."""
        if options["cluster"]:
            run_cluster()
        else:
            sync_schedules()
            Watchdog().run()
