import json
import time
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import datetime, timedelta
from datetime import time as daytime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from common.chain.anchors import Anchor
from common.chain.sealing import head
from common.chain.verifying import Verification


class Command(BaseCommand):
    """Prove that the history is what was written: the first line that is not is named."""

    help = (
        "Walk the hash chain of the history and its anchors; name the first line that was changed, "
        "deleted, slipped in or not sealed for too long. Exit code 1 when anything was found. "
        "Changes nothing and needs little memory, however long the history is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Know where to start, how to print, and anchors from paper or from another machine's log."""
        parser.add_argument(
            "--since",
            help="a day (2026-11-28), a moment, or so many days back (7d); all when left out",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--anchor",
            action="append",
            default=[],
            metavar="POSITION:SEAL",
            help="hold the chain against this anchor too, as the log has it; may be repeated",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Walk, print, and fail when something does not fit."""
        started = time.perf_counter()
        since = _moment(options["since"]) if options["since"] else None
        given = [_anchor(text) for text in options["anchor"]]
        walk = Verification.begin(since, given).run()
        seconds = time.perf_counter() - started
        if options["json"]:
            self.stdout.write(json.dumps(_report(walk, seconds), ensure_ascii=False))
        else:
            self._print(walk, seconds)
        if not walk.is_sound:
            raise CommandError(f"{walk.troubles} things do not fit; the history was tampered with")

    def _print(self, walk: Verification, seconds: float) -> None:
        for finding in walk.findings:
            self.stdout.write(f"{finding.kind}: {finding.words}")
        if walk.troubles > len(walk.findings):
            self.stdout.write(f"… and {walk.troubles - len(walk.findings)} more")
        last = head()
        self.stdout.write(
            f"{walk.links} seals, {walk.lines} lines and {walk.anchors} anchors verified in "
            f"{seconds:.1f} s; head {last.position}:{last.hash.hex()}"
        )


def _report(walk: Verification, seconds: float) -> dict[str, Any]:
    last = head()
    return {
        "sound": walk.is_sound,
        "seals": walk.links,
        "lines": walk.lines,
        "anchors": walk.anchors,
        "troubles": walk.troubles,
        "findings": [asdict(finding) for finding in walk.findings],
        "head": {"position": last.position, "seal": last.hash.hex()},
        "seconds": round(seconds, 3),
    }


def _moment(text: str) -> datetime:
    try:
        if text.endswith("d") and text[:-1].isdecimal():
            return timezone.now() - timedelta(days=int(text[:-1]))
        if day := parse_date(text):
            return datetime.combine(day, daytime.min, timezone.get_current_timezone())
        moment = parse_datetime(text)
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise CommandError(f"--since {text!r} is no day, no moment and no number of days (7d)")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _anchor(text: str) -> Anchor:
    position, _colon, seal = text.partition(":")
    try:
        anchor = Anchor(int(position), bytes.fromhex(seal), "the command line", "given")
    except ValueError:
        anchor = None
    if anchor is None or len(anchor.hash) != 32:
        raise CommandError(f"--anchor {text!r} is not POSITION:SEAL")
    return anchor
