from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from common.loading import Report, load_file
from common.loading.command import ImportCommand
from tickets.loading import ConversationLoader


class Command(ImportCommand):
    help = "Load conversations from a file (docs/importing.md)."
    loader = ConversationLoader

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--team", default="", help="code of the team (default: the default team)"
        )

    def load(self, path: Path, *, options: dict[str, Any], **how: Any) -> Report:
        return load_file(ConversationLoader(options["team"]), path, **how)
