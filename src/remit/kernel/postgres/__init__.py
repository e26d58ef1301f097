"""PostgreSQL for Remit: an embedded server of our own, or any server named in the environment.

    with postgres.running() as server:
        connection = psycopg.connect(server.uri("app"))

No part of Django is needed, and importing this package takes about 20 ms.
"""

from .errors import PostgresError
from .external import database_uri, external_uri
from .places import data_folder
from .roles import DATABASE, Role, roles_sql
from .sharing import Server, destroy, in_use, running, stop

__all__ = [
    "DATABASE",
    "PostgresError",
    "Role",
    "Server",
    "data_folder",
    "database_uri",
    "destroy",
    "external_uri",
    "in_use",
    "roles_sql",
    "running",
    "stop",
]
