"""The command line of every loader."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from common.errors import DomainError
from common.loading.runs import Loader, Report, load_file


class ImportCommand(BaseCommand):
    """Load a file; an app's command names its loader."""

    loader: type[Loader]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV with a header or JSONL, UTF-8, .gz or not")
        parser.add_argument(
            "--dry-run", action="store_true", help="count what would happen, write only the rejects"
        )
        parser.add_argument(
            "--rejects", type=Path, help="where refused lines go (default: next to the file)"
        )
        parser.add_argument("--by", help="account name of the person who imports (for history)")
        parser.add_argument("--no-progress", action="store_true", help="no progress bar")

    def handle(self, *_args: Any, **options: Any) -> None:
        by = self._person(options["by"])
        bar = tqdm(
            desc=self.loader.kind,
            unit="B",
            unit_scale=True,
            # Without a terminal there is nobody to watch a bar.
            disable=True if options["no_progress"] else None,
            leave=False,
        )

        def progress(position: int, size: int) -> None:
            bar.total = size
            bar.update(position - bar.n)

        try:
            with bar:
                report = self.load(
                    options["file"],
                    by=by,
                    dry_run=options["dry_run"],
                    rejects=options["rejects"],
                    progress=progress,
                    options=options,
                )
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        except OSError as error:
            raise CommandError(f"{error.strerror}: {error.filename}") from error
        self.say(report)

    def load(self, path: Path, *, options: dict[str, Any], **how: Any) -> Report:
        return load_file(self.loader(), path, **how)

    def say(self, report: Report) -> None:
        fates = report.fates
        if report.resumed_at:
            self.stdout.write(
                _("An earlier run stopped after line %(line)s; this one went on from there.")
                % {"line": f"{report.resumed_at:,}"}
            )
        rate = fates.total / max(report.seconds, 1e-6)
        self.stdout.write(
            _(
                "%(total)s rows: %(inserted)s new, %(updated)s corrected, %(unchanged)s unchanged, "
                "%(rejected)s rejected; %(seconds)s s, %(rate)s rows/s."
            )
            % {
                "total": f"{fates.total:,}",
                "inserted": f"{fates.inserted:,}",
                "updated": f"{fates.updated:,}",
                "unchanged": f"{fates.unchanged:,}",
                "rejected": f"{fates.rejected:,}",
                "seconds": f"{report.seconds:.1f}",
                "rate": f"{rate:,.0f}",
            }
        )
        if report.rejects_path:
            self.stdout.write(
                _("Rejected lines with reasons: %(path)s") % {"path": report.rejects_path}
            )
        if report.dry_run:
            self.stdout.write(_("Dry run: nothing was written."))

    def _person(self, username: str | None) -> Any:
        if not username:
            return None
        person = get_user_model().objects.filter(username__iexact=username).first()
        if person is None:
            raise CommandError(_("There is no account %(name)s.") % {"name": username})
        return person
