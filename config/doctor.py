"""Say in plain words what is wrong with a machine. Standard library only; changes nothing."""

from __future__ import annotations

import importlib.util
import json
import locale
import os
import platform
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config import embedded
from config.embedded import place
from config.embedded.base import ROOT, SOCKET_NAME, user_name

GOOD, WARN, BAD = "好 ok", "注意 note", "错 bad"
GIGABYTE = 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    mark: str
    topic: str
    words: str


def examine() -> list[Finding]:
    """Return all findings, in the order in which a start would meet them."""
    return [Finding(*found) for look in LOOKS for found in look()]


Look = Iterator[tuple[str, str, str]]


def _python() -> Look:
    version = platform.python_version()
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield (GOOD if fits else BAD), "Python", f"{version} ({sys.executable}); 3.11 to 3.13 fit"
    if sys.prefix != sys.base_prefix:
        return
    if importlib.util.find_spec("ensurepip"):
        yield GOOD, "venv", "这个 Python 能建虚拟环境 can make virtual environments"
    elif shutil.which("uv"):
        yield GOOD, "venv", "没有 ensurepip，用 uv 建。No ensurepip here; uv makes the environment"
    else:
        short = ".".join(version.split(".")[:2])
        yield (
            BAD,
            "venv",
            f"缺少 ensurepip。Debian and Ubuntu: apt-get install python{short}-venv",
        )


def _environment_folder() -> Path:
    return Path(os.environ.get("XIAOER_VENV") or ROOT / ".venv")


def _environment() -> Look:
    folder = _environment_folder()
    if not folder.exists():
        yield WARN, ".venv", "还没有，第一次启动时安装 not there yet: the first start installs it"
        return
    mine = folder.stat().st_uid == os.geteuid()
    owner = user_name(folder.stat().st_uid)
    yield (GOOD if mine else WARN), ".venv", f"{folder} 属于 belongs to {owner}"


def _libc() -> Look:
    if sys.platform == "darwin":
        fits = int(platform.mac_ver()[0].split(".")[0] or 0) >= 11
        yield (GOOD if fits else BAD), "macOS", f"{platform.mac_ver()[0]}; 11 or newer fits"
        return
    name, version = platform.libc_ver()
    if name != "glibc":
        yield (
            BAD,
            "libc",
            "不是 glibc（Alpine？）。Not glibc: there are no wheels of PostgreSQL for it. "
            "Use Debian, Ubuntu, Fedora … or set DATABASE_URL",
        )
        return
    fits = tuple(int(part) for part in version.split(".")[:2]) >= (2, 28)
    yield (GOOD if fits else BAD), "glibc", f"{version}; 2.28 or newer fits"
    if platform.machine() not in ("x86_64", "aarch64"):
        yield BAD, "CPU", f"{platform.machine()}: no wheel of PostgreSQL; set DATABASE_URL"


def _room() -> Look:
    where = embedded.data_root()
    while not where.exists():
        where = where.parent
    free = shutil.disk_usage(where).free / GIGABYTE
    mark = BAD if free < 1 else WARN if free < 5 else GOOD
    yield (
        mark,
        "磁盘 disk",
        f"{free:.1f} GB 可用 free at {where}; 1 GB is the least, 5 GB is comfortable",
    )
    available = _available_memory()
    if available is not None:
        mark = BAD if available < 0.5 else WARN if available < 1.5 else GOOD
        yield mark, "内存 memory", f"{available:.1f} GB 可用 free; the house needs about 1 GB"
    shared = Path("/dev/shm")
    if shared.exists() and shutil.disk_usage(shared).total < 64 * 1024**2:
        yield WARN, "/dev/shm", "小于 64 MB smaller than 64 MB: large queries may fail"
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 8192:
        yield WARN, "文件数 open files", f"limit {hard}: at most about {hard - 200} sockets at once"
    else:
        yield GOOD, "文件数 open files", f"limit {soft}, raised as far as needed at the start"


def _available_memory() -> float | None:
    """Return GB that may still be used, by the machine and by the container's limit."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    table = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    free = table["MemAvailable"] / 1024**2
    try:
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text())
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
    except (OSError, ValueError):
        return free
    return min(free, (limit - used) / GIGABYTE)


def _locale() -> Look:
    wanted = os.environ.get("LC_ALL") or os.environ.get("LANG") or "C"
    try:
        locale.setlocale(locale.LC_ALL, "")
        yield GOOD, "locale", wanted
    except locale.Error:
        yield (
            WARN,
            "locale",
            f"{wanted} 没有安装，不影响小二 is not installed; the house does not need it",
        )


def _clock() -> Look:
    newest = max((path.stat().st_mtime for path in ROOT.glob("*")), default=0.0)
    now = time.strftime("%Y-%m-%d %H:%M:%S %Z")
    if time.time() < newest - 86400:
        yield BAD, "时钟 clock", f"{now} 比文件还早 is earlier than the files here: set the clock"
        return
    synchronised = ""
    if shutil.which("timedatectl"):
        said = subprocess.run(
            ["timedatectl", "show", "-p", "NTPSynchronized", "--value"],
            capture_output=True,
            text=True,
        )
        synchronised = said.stdout.strip()
    if synchronised == "no":
        yield WARN, "时钟 clock", f"{now} 没有对时 not synchronised (chrony, systemd-timesyncd)"
    else:
        yield GOOD, "时钟 clock", now
    if not Path("/usr/share/zoneinfo/Asia/Shanghai").exists():
        yield (
            GOOD,
            "时区 zones",
            "系统没有时区表，用依赖自带的 none here; the pinned package has them",
        )


def _ports() -> Look:
    host = os.environ.get("XIAOER_BIND") or "127.0.0.1"
    ours = embedded.data_root() / "run.json"
    running = {}
    if ours.exists():
        running = json.loads(ours.read_text()).get("ports", {})
    for variable, default in (("PORT", 8000), ("LIVE_PORT", 8001)):
        port = int(os.environ.get(variable) or default)
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((host, port))
                yield GOOD, "端口 port", f"{port} 空闲 free"
            except OSError as error:
                if port in running.values():
                    yield GOOD, "端口 port", f"{port} 小二自己在用 is ours"
                else:
                    yield (
                        WARN,
                        "端口 port",
                        f"{port}: {error.strerror}; 会换一个 the next free one is taken",
                    )


def _data() -> Look:
    root = embedded.data_root()
    inside = ROOT / ".data"
    if root != inside and not os.environ.get("XIAOER_DATA"):
        owner = user_name((inside if inside.exists() else ROOT).stat().st_uid)
        yield (
            WARN,
            "数据 data",
            f"{inside.parent} 属于 belongs to {owner}；您的数据在 yours are in {root}",
        )
    elif root.exists():
        owner = user_name(root.stat().st_uid)
        mine = root.stat().st_uid == os.geteuid()
        words = f"{root} 属于 belongs to {owner}"
        yield (GOOD if mine else BAD), "数据 data", words + ("" if mine else ": run as that user")
    else:
        yield GOOD, "数据 data", f"{root} 还没有，启动时创建 is made at the first start"


def _database() -> Look:
    if url := os.environ.get("DATABASE_URL"):
        yield from _server(url)
        return
    if (
        not os.environ.get("PG_BIN")
        and not place.wheel_folders()
        and not _environment_folder().exists()
    ):
        yield WARN, "PostgreSQL", "还没有，随依赖一起安装 not there yet: comes with the first start"
        return
    data = place.current_data(embedded.data_root())
    try:
        binaries = place.find_binaries()
        version = place.server_version(binaries)
        account = place.account_for(data)
    except embedded.EmbeddedError as error:
        yield BAD, "PostgreSQL", str(error)
        return
    yield (
        GOOD,
        "PostgreSQL",
        f"{version} ({binaries})，以 {account.name} 运行 runs as {account.name}",
    )
    if len(os.fsencode(data / SOCKET_NAME)) > place.SOCKET_LIMIT:
        yield WARN, "套接字 socket", "路径太长，用短文件夹 path too long: a short folder is used"
    else:
        yield GOOD, "套接字 socket", f"{data / SOCKET_NAME}"
    now = embedded.status()
    if now.version and now.version != version.split(".")[0]:
        yield (
            BAD,
            "数据版本 data",
            f"written by PostgreSQL {now.version}; ./run says how to move them",
        )
    elif now.version:
        words = "在运行 is running" if now.running else "没有运行 is not running"
        yield GOOD, "数据库 database", f"{now.data} ({now.owner}) {words}"


def _server(url: str) -> Look:
    shown = urlsplit(url)
    name = f"{shown.hostname or ''}{shown.path}"
    if not importlib.util.find_spec("psycopg"):
        yield WARN, "DATABASE_URL", f"{name}: 依赖还没装，无法检查 cannot look before ./run setup"
        return
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            number = connection.info.server_version
            row = connection.execute(
                "select pg_encoding_to_char(encoding) from pg_database "
                "where datname = current_database()"
            ).fetchone()
    except psycopg.Error as error:
        yield BAD, "DATABASE_URL", f"{name}: {str(error).strip()}"
        return
    fits = number >= 150000
    words = f"PostgreSQL {number // 10000}.{number % 10000}; 15 or newer fits"
    yield (GOOD if fits else BAD), "DATABASE_URL", f"{name}: {words}"
    if row and row[0] != "UTF8":
        yield BAD, "编码 encoding", f"{row[0]}: 必须是 must be UTF8"


def _redis() -> Look:
    url = os.environ.get("REDIS_URL")
    if not url:
        return
    parts = urlsplit(url)
    if parts.scheme == "unix":
        family: int = socket.AF_UNIX
        address: Any = parts.path
    else:
        family, address = socket.AF_INET, (parts.hostname or "127.0.0.1", parts.port or 6379)
    try:
        with socket.socket(family) as wire:
            wire.settimeout(3)
            wire.connect(address)
            wire.sendall(b"PING\r\n")
            answer = wire.recv(100).decode(errors="replace").strip()
    except OSError as error:
        yield BAD, "Redis", f"{parts.hostname}: {error}"
        return
    if answer.startswith(("+PONG", "-NOAUTH")):
        yield GOOD, "Redis", f"{parts.hostname} 有回应 answers"
    else:
        yield BAD, "Redis", f"{parts.hostname}: {answer}"


def _browser() -> Look:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        yield (
            WARN,
            "Chromium",
            "没有，浏览器测试会跳过 none: browser tests are left out (apt-get install chromium)",
        )
        return
    yield GOOD, "Chromium", found
    if shutil.which("fc-list"):
        fonts = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True).stdout
        if not fonts.strip():
            yield WARN, "字体 fonts", "没有中文字体 no Chinese font: apt-get install fonts-noto-cjk"


def _network() -> Look:
    names = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "HTTPS_PROXY", "https_proxy", "ALL_PROXY")
    for name in names:
        if value := os.environ.get(name):
            host = urlsplit(value).hostname or value
            yield GOOD, "网络 network", f"{name} → {host}"


LOOKS: tuple[Callable[[], Look], ...] = (
    _python,
    _environment,
    _libc,
    _room,
    _locale,
    _clock,
    _ports,
    _data,
    _database,
    _redis,
    _browser,
    _network,
)


def report() -> int:
    """Print the findings; return 1 when something is bad."""
    findings = examine()
    for finding in findings:
        print(f"{finding.mark:<8} {finding.topic}: {finding.words}")
    bad = sum(finding.mark == BAD for finding in findings)
    print(f"\n{bad} 处要修 to repair" if bad else "\n可以启动 ready to start: make run")
    return 1 if bad else 0
