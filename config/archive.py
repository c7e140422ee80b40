"""Back up the house into one tar file, and load it again. Standard library only."""

from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

from config import embedded
from config.embedded import place
from config.embedded.base import Say, clean_env

DUMP, MEDIA, KEY, PUSH_KEY = "database.dump", "media", "secrets.json", "vapid.json"


def backup(target: str, say: Say) -> int:
    """Write database, uploaded files and signing keys to ``target``; return an exit code.

    The dump is one consistent moment of the database. Files are copied after it, so that every
    file that the dump names is there.
    """
    path = Path(target).absolute()
    root = embedded.ensure_data_root()
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        dump = Path(folder, DUMP)
        if not _tool("pg_dump", "--format=custom", "--no-owner", f"--file={dump}", say=say):
            return 1
        fresh = Path(folder, "fresh.tar")
        fresh.touch(0o600)
        with tarfile.open(fresh, mode="w") as archive:
            archive.add(dump, DUMP)
            for name in (MEDIA, KEY, PUSH_KEY):
                if (root / name).exists():
                    archive.add(root / name, name)
        fresh.rename(path)
    say(f"备份好了 written: {path} ({path.stat().st_size / 1024**2:.1f} MB)")
    return 0


def restore(source: str, say: Say) -> int:
    """Load a backup into an empty database; refuses one that holds tables already."""
    root = embedded.ensure_data_root()
    if _tables():
        say("数据库不是空的。The database is not empty: ./run reset first, or name another one.")
        return 1
    with tempfile.TemporaryDirectory(dir=root) as folder, tarfile.open(source) as archive:
        archive.extractall(folder, filter="data")
        dump = Path(folder, DUMP)
        if not _tool("pg_restore", "--no-owner", "--exit-on-error", "-d", str(dump), say=say):
            return 1
        for name in (MEDIA, KEY, PUSH_KEY):
            if Path(folder, name).exists():
                if (root / name).exists():
                    (root / name).rename(root / f"{name}.before-restore")
                Path(folder, name).rename(root / name)
    say("恢复好了 restored; next: make run")
    return 0


def _tables() -> int:
    said = subprocess.run(
        [
            *(place.find_binaries() / "psql", "-XAtq", "-d", os.environ["DATABASE_URL"], "-c"),
            "select count(*) from pg_class where relkind in ('r', 'p') "
            "and relnamespace = 'public'::regnamespace",
        ],
        env=clean_env(),
        capture_output=True,
        text=True,
    )
    if said.returncode:
        raise embedded.EmbeddedError(said.stderr.strip())
    return int(said.stdout)


def _tool(name: str, *words: str, say: Say) -> bool:
    address = os.environ["DATABASE_URL"]
    words = (*words[:-1], address, words[-1]) if name == "pg_restore" else (*words, address)
    done = subprocess.run([place.find_binaries() / name, *words], env=clean_env())
    if done.returncode:
        say(f"{name} 失败 failed")
    return done.returncode == 0
