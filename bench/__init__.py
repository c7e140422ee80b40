"""Benchmarks: ours against a stated baseline, interleaved in one run, correctness checked in the same run.

``python manage.py bench NAME [--json] [--quick]``; exit 1 when something was lost, doubled or different.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from bench.report import Failed

NAMES = (
    "chat",
    "sockets",
    "load",
    "list",
    "web",
    "search",
    "mask",
    "rollout",
    "entitlements",
    "tiers",
    "dsr",
    "simulate",
    "standing",
)


def run_from_command_line(arguments: Sequence[str]) -> int:
    """Run one benchmark and print its result; return the exit code."""
    parser = argparse.ArgumentParser(prog="manage.py bench", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument(
        "--quick", action="store_true", help="smaller, within 40 seconds, the same checks"
    )
    parser.add_argument(
        "--processes",
        type=int,
        default=1,
        help="chat: live processes, the parties on different ones",
    )
    parser.add_argument(
        "--rounds", type=int, default=0, help="how often both sides are measured (at least 3)"
    )
    given = parser.parse_args(arguments)
    if "DATABASE_URL" not in os.environ:
        from config import embedded

        os.environ["DATABASE_URL"] = embedded.ensure_running()
    options = {"quick": given.quick, "rounds": given.rounds}
    if given.name == "chat":
        options["processes"] = given.processes
    try:
        result = import_module(f"bench.{given.name}").run(**options)
    except Failed as failed:
        print(f"{given.name}: FAILED: {failed}", file=sys.stderr)
        return 1
    print(result.line() if given.json else result.table())
    return 0
