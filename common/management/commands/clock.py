from typing import Any

from django.core.management.base import BaseCommand

from common.clock import Clock


class Command(BaseCommand):
    """Run the timers: the ``clock`` of the Procfile."""

    help = "Run every timer when it falls due; several clocks may run."

    def handle(self, *args: Any, **options: Any) -> None:
        """Tick until SIGTERM or SIGINT."""
        Clock().run()
