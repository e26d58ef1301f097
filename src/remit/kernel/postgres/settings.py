"""How the embedded server is configured: one small machine, one private socket, every role with a password."""

import sys
from collections.abc import Mapping
from pathlib import Path

# A socket path holds at most 107 bytes on Linux (sun_path in sys/un.h, less its final zero).
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_FOLDER = 107 - len("/" + SOCKET_NAME)

HBA = """\
# TYPE  DATABASE  USER  METHOD
local   all       all   scram-sha-256
"""

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "allow_alter_system": "off",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "jit": "off",  # compiling costs more than these queries
    "max_worker_processes": "4",
    "max_parallel_workers": "2",
    "max_parallel_workers_per_gather": "2",
    "random_page_cost": "1.1",
    "synchronous_commit": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    "min_wal_size": "80MB",
    "checkpoint_timeout": "15min",
    "idle_in_transaction_session_timeout": "10min",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %q%u ",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "datestyle": "iso, ymd",
    "lc_messages": "C",
    "default_text_search_config": "pg_catalog.english",
}


def configuration(*, socket_folder: Path, hba_file: Path, extra: Mapping[str, str]) -> str:
    """The text of postgresql.conf. `extra` wins over the settings here, except over where the server listens."""
    fixed = {
        "unix_socket_directories": str(socket_folder),
        "hba_file": str(hba_file),
        "listen_addresses": "",
    }
    chosen = {**SETTINGS, **_of_this_system(), **extra, **fixed}
    return "".join(f"{name} = {_quoted(value)}\n" for name, value in chosen.items())


def _of_this_system() -> dict[str, str]:
    """After a crash everything must be on the disk: one call for the file system is quicker than one for each file."""
    return {"recovery_init_sync_method": "syncfs"} if sys.platform.startswith("linux") else {}


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
