#!/usr/bin/env python
"""Run a management command; starts the embedded PostgreSQL first when no DATABASE_URL is given."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["bench"]:
        from bench import run_from_command_line

        sys.exit(run_from_command_line(sys.argv[2:]))
    from django.core.management import execute_from_command_line

    from config.embedded import EmbeddedError

    try:
        execute_from_command_line(sys.argv)
    except EmbeddedError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
