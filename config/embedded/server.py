"""Bring the server up: create, clear what is stale, start, wait, make role and database."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from config.embedded.base import (
    DATABASE,
    ROLE,
    SOCKET_NAME,
    SUPERUSER,
    EmbeddedError,
    Place,
    Say,
    clean_env,
    locked,
    say_to_stderr,
    user_name,
)
from config.embedded.folders import data_root, ensure_data_root
from config.embedded.place import (
    cannot_switch,
    current_data,
    server_version,
    settle,
    socket_dir_of,
    wheel_folders,
)
from config.embedded.processes import (
    alive,
    is_our_postmaster,
    process_command,
    read_pid_file,
    working_in,
)
from config.embedded.wire import MISSING, STARTING_UP, TOO_MANY, probe, url

SETTINGS = """\
# Written at every start of the server. Your own settings belong into local.conf beside this file.
listen_addresses = ''
port = 5432
unix_socket_directories = {socket_dir}
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = {buffers}MB
effective_cache_size = {cache}MB
work_mem = 8MB
maintenance_work_mem = 128MB
jit = off
fsync = on
full_page_writes = on
synchronous_commit = on
min_wal_size = 80MB
# Room for the writes of a run over everybody; with less, every checkpoint makes whole pages be written anew.
max_wal_size = 1GB
checkpoint_timeout = 5min
client_connection_check_interval = 5s
deadlock_timeout = 1s
log_lock_waits = on
log_startup_progress_interval = 2s
# Statements and error details hold what people wrote: they stay out of the log.
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%Y%m%d-%H%M%S.log'
log_rotation_size = 10MB
log_rotation_age = 1d
log_file_mode = 0600
log_line_prefix = '%m [%p] %q%u@%d '
log_timezone = 'UTC'
timezone = 'UTC'
lc_messages = 'C'
"""
THROWAWAY = """\
# Tests: what a power cut would take does not matter.
fsync = off
synchronous_commit = off
full_page_writes = off
"""
ACCESS = """\
# The kernel names the caller; pg_ident.conf lists who may.
local all all peer map=xiaoer
"""
LOGS_KEPT = 10
TELL_EVERY_SECONDS = 2.0


def running_url() -> str | None:
    """Return the address when the server answers our role, else None. Takes a few milliseconds."""
    try:
        _pid, socket_dir = read_pid_file(current_data(data_root()))
    except OSError:
        return None
    if socket_dir and probe(socket_dir) in ("ready", TOO_MANY):
        return url(socket_dir)
    return None


def ensure_running(say: Say = say_to_stderr, *, throwaway: bool = False) -> str:
    """Start the server unless it runs and return its address. Safe from many processes at once.

    ``throwaway`` starts one that does not wait for the disk, for tests.
    Raises ``EmbeddedError`` with a sentence for the terminal. A second call costs milliseconds.
    """
    if address := running_url():
        return address
    root = ensure_data_root()
    with locked(root, "pg.lock", say, "另一个进程正在启动数据库，等一下… another start is at work"):
        if address := running_url():
            return address
        place = settle(root, say)
        if not place.data.exists():
            _create(place, say)
        _refuse_other_major(place)
        socket_dir = _start(place, root, say, throwaway)
        _ensure_role_and_database(place, socket_dir)
        return url(socket_dir)


def _create(place: Place, say: Say) -> None:
    """Run initdb beside the data folder and rename: a killed start leaves nothing half-made.

    Every try has a folder of its own: the initdb of a killed start may still be at work in its.
    """
    say("创建数据库 creating the database …")
    remove_half_made(place.data)
    fresh = Path(tempfile.mkdtemp(prefix=f"{place.data.name}.new-", dir=place.data.parent))
    os.chown(fresh, place.account.uid, place.account.gid)
    last = None
    for locale in _locale_choices(place):
        last = subprocess.run(
            [
                place.binaries / "initdb",
                *("-D", fresh, "-U", SUPERUSER, "-E", "UTF8", "--data-checksums"),
                *("--auth-local=peer", "--auth-host=reject", "--no-instructions"),
                *locale,
            ],
            cwd=fresh,
            env=clean_env(),
            capture_output=True,
            text=True,
            errors="replace",
            **place.account.popen_options(),  # type: ignore[call-overload]
        )
        if last.returncode == 0:
            break
    if last is None or last.returncode != 0:
        told = (last.stderr if last else "").strip()[-800:]
        raise EmbeddedError(f"initdb 失败 failed:\n{told}")
    with open(fresh / "postgresql.conf", "a") as settings:
        settings.write("\ninclude_if_exists 'app.conf'\ninclude_if_exists 'local.conf'\n")
    _write_in(place, fresh / "pg_hba.conf", ACCESS)
    _write_in(place, fresh / "pg_ident.conf", _callers())
    fresh.rename(place.data)


def remove_half_made(data: Path) -> None:
    """Delete what killed starts left beside the data folder, unless something still works in it."""
    for folder in data.parent.glob(f"{data.name}.new-*"):
        if not working_in(folder):
            shutil.rmtree(folder)


def _locale_choices(place: Place) -> list[list[str]]:
    """Return initdb's locale flags, best first: the same cluster under every LANG."""
    if int(server_version(place.binaries).split(".")[0]) >= 17:
        return [["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]]
    return [["--locale=C.UTF-8"], ["--locale=C"]]


def _callers() -> str:
    """Return pg_ident lines: root, and the owner unless root only borrowed a shared account."""
    names = {user_name(0), user_name(os.geteuid())}
    lines = [f'xiaoer "{name}" {role}' for name in sorted(names) for role in (SUPERUSER, ROLE)]
    return "\n".join(lines) + "\n"


def _refuse_other_major(place: Place) -> None:
    try:
        theirs = (place.data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise EmbeddedError(
            f"{place.data} 不是 PostgreSQL 数据文件夹。It holds no PostgreSQL data: move it away."
        ) from None
    ours = server_version(place.binaries).split(".")[0]
    if theirs != ours:
        old = next(
            (str(bin) for bin in _other_binaries(theirs)), f"/usr/lib/postgresql/{theirs}/bin"
        )
        raise EmbeddedError(
            f"数据是 PostgreSQL {theirs}，程序是 {ours}。The data in {place.data} were written by "
            f"PostgreSQL {theirs}, the program is {ours}. To move them:\n"
            f"  PG_BIN={old} ./run backup before.tar\n"
            f"  mv '{place.data}' '{place.data}-{theirs}'\n"
            f"  ./run restore before.tar"
        )


def _other_binaries(major: str) -> Iterator[Path]:
    folders = [Path(f"/usr/lib/postgresql/{major}/bin")]
    folders += [path.parent for wheel in wheel_folders() for path in wheel.glob("*/bin/postgres")]
    for folder in folders:
        with contextlib.suppress(EmbeddedError):
            if server_version(folder).split(".")[0] == major:
                yield folder


def _start(place: Place, root: Path, say: Say, throwaway: bool) -> Path:
    """Start the server, or wait for one that is already starting; return its socket folder."""
    pid, socket_dir = read_pid_file(place.data)
    if not is_our_postmaster(pid, place.data):
        socket_dir = socket_dir_of(place)
        _clear_stale(place, socket_dir, say)
        _write_settings(place, socket_dir, throwaway)
        pid = _spawn(place, root)
    _await(pid, place, root, socket_dir, say)
    _pid, told = read_pid_file(place.data)
    return told or socket_dir or place.data


def _clear_stale(place: Place, socket_dir: Path, say: Say) -> None:
    """Remove lock files that name no server of ours, once nothing works in the folder any more."""
    deadline = time.monotonic() + 20
    while left := working_in(place.data):
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"旧的数据库进程还在 processes of an earlier server still work in {place.data}: "
                f"{', '.join(map(str, left))}. Wait for them or end them, then start again."
            )
        time.sleep(0.1)
    with contextlib.suppress(FileNotFoundError):
        (place.data / "postmaster.pid").unlink()
        say("清理了旧的 pid 文件 removed a stale pid file")
    # The socket has a lock file of its own, with the same number and the same doubts.
    for name in (SOCKET_NAME + ".lock", SOCKET_NAME):
        (socket_dir / name).unlink(missing_ok=True)


def sizes_for(memory: int) -> tuple[int, int]:
    """Return buffers and expected cache for a machine of ``memory``, all in megabytes.

    An eighth and a half: the house's other processes, and whatever else runs there, need room too.
    """
    return max(128, min(2048, memory // 8)), max(512, memory // 2)


def memory_megabytes(root: Path = Path("/sys/fs/cgroup")) -> int:
    """Return the memory of this machine, or of the container it is, in megabytes."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):  # "max" is no limit
            machine = min(machine, int((root / name).read_text()))
    return machine >> 20


def _write_settings(place: Place, socket_dir: Path, throwaway: bool) -> None:
    listed = '"' + str(socket_dir).replace('"', '""') + '"'
    quoted = "'" + listed.replace("\\", "\\\\").replace("'", "''") + "'"
    buffers, cache = sizes_for(memory_megabytes())
    text = SETTINGS.format(socket_dir=quoted, buffers=buffers, cache=cache)
    text += THROWAWAY if throwaway else ""
    _write_in(place, place.data / "app.conf", text)
    prune_logs(place.data)


def _write_in(place: Place, path: Path, text: str) -> None:
    """Write a file of the server's account; root must not follow a link that lies in its folder."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with open(os.open(path, flags, 0o600), "w") as handle:
        os.fchown(handle.fileno(), place.account.uid, place.account.gid)
        handle.write(text)


def prune_logs(data: Path | None = None) -> None:
    """Keep the newest server logs only; the server itself rotates but never deletes."""
    folder = (data or current_data(data_root())) / "log"
    with contextlib.suppress(OSError):
        for old in (
            [] if folder.is_symlink() else sorted(folder.glob("postgresql-*.log"))[:-LOGS_KEPT]
        ):
            old.unlink()


def _start_log(root: Path) -> Path:
    folder = root / "logs"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / "postgresql-start.log"


def _spawn(place: Place, root: Path) -> int:
    """Start ``postgres`` in a session of its own and return its pid.

    A shell in between makes it an orphan at once: nobody here has to reap it later.
    """
    with open(_start_log(root), "wb") as log:
        try:
            shell = subprocess.run(
                [
                    *("/bin/sh", "-c", '"$0" -D "$1" </dev/null >&2 & echo $!'),
                    *(place.binaries / "postgres", place.data),
                ],
                cwd=place.data,
                env=clean_env(),
                stdout=subprocess.PIPE,
                stderr=log,
                umask=0o077,
                start_new_session=True,
                **place.account.popen_options(),  # type: ignore[call-overload]
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise cannot_switch(place.account) from error
    return int(shell.stdout)


def _await(pid: int, place: Place, root: Path, socket_dir: Path | None, say: Say) -> None:
    """Wait until the server answers, for as long as it lives and works; tell how far it is."""
    started = told = time.monotonic()
    limit = float(os.environ.get("XIAOER_PG_WAIT", "1800"))
    while True:
        folder = read_pid_file(place.data)[1] or socket_dir or place.data
        verdict = probe(folder, SUPERUSER, "postgres")
        if verdict not in ("absent", STARTING_UP):
            return
        if not alive(pid):
            raise EmbeddedError(f"数据库没有启动 the database did not start:\n{_why(place, root)}")
        now = time.monotonic()
        if now - started > limit:
            raise EmbeddedError(f"等了 {limit:.0f} 秒 waited that long:\n{_why(place, root)}")
        if now - told > TELL_EVERY_SECONDS:
            told = now
            say(f"数据库恢复中 recovering {_recovery_point(pid)}({now - started:.0f} s)")
        time.sleep(0.03)


def _recovery_point(postmaster: int) -> str:
    """Return the file that is being replayed, from the title of the start-up process."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            parent = int((entry / "stat").read_bytes().rpartition(b")")[2].split()[1])
            if parent == postmaster and "recovering" in (title := process_command(int(entry.name))):
                return title.split("recovering", 1)[1].strip() + " "
    return ""


def _why(place: Place, root: Path) -> str:
    logs = [_start_log(root), *sorted((place.data / "log").glob("postgresql-*.log"))[-1:]]
    lines = [
        line
        for log in logs
        if log.exists()
        for line in log.read_text(errors="replace").splitlines()
    ]
    return "\n".join(lines[-12:])


def _ensure_role_and_database(place: Place, socket_dir: Path) -> None:
    verdict = probe(socket_dir)
    if verdict in ("ready", TOO_MANY):
        return
    if verdict not in MISSING:
        raise EmbeddedError(f"数据库拒绝连接 the database refuses us (SQLSTATE {verdict}).")
    _psql(
        place,
        socket_dir,
        f"select 'create role {ROLE} login createdb' "
        f"where not exists (select from pg_roles where rolname = '{ROLE}') \\gexec\n"
        f"select 'create database {DATABASE} owner {ROLE}' "
        f"where not exists (select from pg_database where datname = '{DATABASE}') \\gexec\n",
    )
    if (verdict := probe(socket_dir)) != "ready":
        raise EmbeddedError(f"数据库拒绝连接 the database refuses us (SQLSTATE {verdict}).")


def _psql(place: Place, socket_dir: Path, statements: str) -> str:
    done = subprocess.run(
        [
            *(place.binaries / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"),
            *("-h", socket_dir, "-p", "5432", "-U", SUPERUSER, "-d", "postgres"),
        ],
        input=statements,
        env=clean_env(),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise EmbeddedError(f"psql: {done.stderr.strip()}")
    return done.stdout.strip()
