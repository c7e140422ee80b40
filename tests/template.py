"""One migrated database for every test process of the same code: each begins with a copy of it.

Migrating takes half a minute of a processor, copying a third of a second.
"""

import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
PREFIX = "xiaoer_tests_"
_LOCK = 0x78_69_61_6F_10


def template_of(address: str) -> str:
    """Return the name of the migrated database beside ``address``; whoever comes first makes it."""
    name = PREFIX + _digest()
    with psycopg.connect(address, autocommit=True) as conn:
        # Others wait here until it is whole; one that died has left another name behind.
        conn.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        rows = conn.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX]
        )
        known = {row[0] for row in rows}
        if name not in known:
            for old in known:
                conn.execute(_drop(old))
            half_made = f"{name}_new"
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(half_made)))
            _migrate(urlunsplit(urlsplit(address)._replace(path=f"/{half_made}")))
            conn.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(half_made), sql.Identifier(name)
                )
            )
    return name


def _drop(name: str) -> sql.Composed:
    return sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))


def _digest() -> str:
    """Return what tells two migrated databases apart: migrations, installed packages, the month."""
    read = hashlib.sha256(f"{datetime.now(UTC):%Y-%m} {sys.version}".encode())
    files = [
        ROOT / "requirements.txt",
        ROOT / "requirements-dev.txt",
        ROOT / "common/partitions.py",
    ]
    for folder in ROOT.glob("*/migrations"):
        files += [one for one in folder.rglob("*") if one.suffix in (".py", ".sql")]
    for file in sorted(files):
        read.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return read.hexdigest()[:16]


def _migrate(address: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--no-input", "-v", "0"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": address},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the database of the tests could not be migrated:\n{done.stderr}")
