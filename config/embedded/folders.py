"""The folder of database, media, logs and secrets, and the key that lies in it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from config.embedded.base import ROOT, EmbeddedError, user_name

# How many points the curve of the push key has (NIST P-256).
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


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
    return Path(state) / f"xiaoer-{digest(ROOT)}"


def ensure_data_root() -> Path:
    """Make the data folder when it is missing and return it."""
    root = data_root()
    if not root.exists():
        try:
            root.parent.mkdir(parents=True, exist_ok=True)
            # Several first starts may make it at once: it appears with its mode, and one of them wins.
            with contextlib.suppress(FileExistsError):
                # Root's server runs as another account, which must get through (not read) this folder.
                _make_with_mode(root, 0o711 if os.geteuid() == 0 else 0o700)
        except OSError as error:
            raise EmbeddedError(
                f"无法创建数据文件夹 cannot make the data folder {root}: {error.strerror}. "
                "Set XIAOER_DATA to a folder that you may write."
            ) from error
    if not _ours(root) and os.geteuid() != 0:
        raise EmbeddedError(
            f"{root} 属于用户 {user_name(root.stat().st_uid)}。It belongs to another user: run as "
            "that user, or set XIAOER_DATA to a folder of your own."
        )
    return root


def _make_with_mode(folder: Path, mode: int) -> None:
    masked = os.umask(0)
    try:
        folder.mkdir(mode)
    finally:
        os.umask(masked)


def _ours(folder: Path) -> bool:
    try:
        return folder.stat().st_uid == os.geteuid() and os.access(folder, os.W_OK | os.X_OK)
    except FileNotFoundError:
        return os.access(folder.parent, os.W_OK | os.X_OK)
    except OSError:
        return False


def digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:8]


def secret_key() -> str:
    """Return the key of this installation, made once and kept 0600 beside the data."""
    return _kept("secrets.json", "secret_key", lambda: secrets.token_urlsafe(64))


def vapid_key() -> str:
    """Return the key with which this house signs to push services, made once and kept 0600.

    It is a private key of the curve P-256, its number in base64url. Browsers subscribe to its public
    half: with another key every subscription is lost.
    """
    return _kept("vapid.json", "vapid_key", _new_curve_key)


def _new_curve_key() -> str:
    number = 1 + secrets.randbelow(_P256_ORDER - 1)
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).decode().rstrip("=")


def _kept(name: str, word: str, make: Callable[[], str]) -> str:
    path = ensure_data_root() / name
    if not path.exists():
        fresh = path.with_name(f"{path.stem}.{os.getpid()}.new")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            json.dump({word: make()}, handle)
            handle.flush()
            os.fsync(handle.fileno())
        # link refuses to replace: of several first starts, one key wins.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    try:
        return str(json.loads(path.read_text())[word])
    except (OSError, ValueError, KeyError) as error:
        raise EmbeddedError(f"{path} 读不出来 cannot be read: {error}") from error
