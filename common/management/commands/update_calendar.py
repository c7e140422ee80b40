import csv
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from common.calendars import Change, DayRow, official_days, update_days

COLUMNS = ("date", "name", "is_off_day")
TRUTH = {"true": True, "1": True, "false": False, "0": False}


class Command(BaseCommand):
    """Bring the working calendar up to date from a file, or from the pinned package."""

    help = (
        "Write holidays and make-up workdays into the calendar. --file takes a CSV with the "
        "columns date,name,is_off_day; without it the list of the pinned package is used for "
        "this year and the next. Running it again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Know the file, the year and the rehearsal."""
        parser.add_argument("--file", type=Path, help="CSV with date,name,is_off_day")
        parser.add_argument("--year", type=int, help="take only the days of this year")
        parser.add_argument("--dry-run", action="store_true", help="say what would change")

    def handle(self, *args: Any, **options: Any) -> None:
        """Report every change and every rejected line; fail when a line was rejected."""
        path: Path | None = options["file"]
        rejects: list[str] = []
        if path:
            rows, source = _read(path, rejects), path.name
        else:
            rows, source = self._from_package(options["year"]), "holidays"
        if options["year"]:
            rows = [row for row in rows if row.day.year == options["year"]]
        changes = update_days(rows, source=source, dry_run=options["dry_run"])
        for change in changes:
            self.stdout.write(_sentence(change))
        for reject in rejects:
            self.stderr.write(reject)
        verb = "would change" if options["dry_run"] else "changed"
        self.stdout.write(f"{len(rows)} days read, {len(changes)} {verb}, {len(rejects)} rejected")
        if rejects:
            raise CommandError(f"{len(rejects)} lines were rejected; the others were taken")

    def _from_package(self, year: int | None) -> list[DayRow]:
        rows = []
        this_year = timezone.localdate().year
        for wanted in [year] if year else [this_year, this_year + 1]:
            days = official_days(wanted)
            if not days:
                self.stdout.write(f"{wanted}: no official list known yet, its days are estimates")
            rows += days
        return rows


def _read(path: Path, rejects: list[str]) -> list[DayRow]:
    rows: dict[date, DayRow] = {}
    for line, row in _parsed(path, rejects):
        known = rows.get(row.day)
        if known and known.is_off != row.is_off:
            rejects.append(f"line {line}: {row.day} contradicts an earlier line")
        else:
            rows[row.day] = row
    return list(rows.values())


def _parsed(path: Path, rejects: list[str]) -> Iterator[tuple[int, DayRow]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = set(COLUMNS) - set(reader.fieldnames or ())
            if missing:
                raise CommandError(f"{path}: columns missing: {', '.join(sorted(missing))}")
            for record in reader:
                try:
                    yield reader.line_num, _row(record)
                except ValueError as error:
                    rejects.append(f"line {reader.line_num}: {error}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{path}: {error}") from error


def _row(record: dict[str, Any]) -> DayRow:
    name = (record["name"] or "").strip()
    if not 0 < len(name) <= 40:
        raise ValueError("the name must have 1 to 40 characters")
    truth = (record["is_off_day"] or "").strip().lower()
    if truth not in TRUTH:
        raise ValueError(f"is_off_day is neither true nor false: {truth!r}")
    return DayRow(date.fromisoformat((record["date"] or "").strip()), name, TRUTH[truth])


def _sentence(change: Change) -> str:
    row, before = change.row, change.before
    kind = "off" if row.is_off else "workday"
    was = f" (was {'off' if before.is_off else 'workday'} {before.name})" if before else ""
    return f"{row.day} {kind} {row.name}{was}"
