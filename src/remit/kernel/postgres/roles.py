"""The two roles Remit connects as, as SQL.

`remit_owner` owns the database and its tables and runs migrations; `remit_app` is what the application connects as.
Neither is a superuser and neither can bypass row-level security.
"""

import base64
import hashlib
import hmac
import secrets
from typing import Literal

Role = Literal["owner", "app"]

DATABASE = "remit"
ROLE_NAMES: dict[Role, str] = {"owner": "remit_owner", "app": "remit_app"}
SCRAM_ITERATIONS = 4096

ATTRIBUTES = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"


def scram_verifier(password: str, *, salt: bytes | None = None) -> str:
    """What PostgreSQL stores instead of a password, so that the password itself never reaches a server log.

    Args:
        password: printable ASCII, for which SASLprep changes nothing.
        salt: 16 random bytes when left out.

    Returns:
        `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (RFC 5803; keys as in RFC 5802 section 3).

    Raises:
        ValueError: the password is empty or holds anything but printable ASCII.
    """
    if not (password.isascii() and password.isprintable() and password):
        raise ValueError("a database password is printable ASCII and not empty")
    salt = secrets.token_bytes(16) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, SCRAM_ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    salt_text, stored_text, server_text = (base64.b64encode(part).decode() for part in (salt, stored_key, server_key))
    return f"SCRAM-SHA-256${SCRAM_ITERATIONS}:{salt_text}${stored_text}:{server_text}"


def role_statements(passwords: dict[Role, str]) -> list[str]:
    """Statements that create both roles; to be run once by whoever may create roles."""
    return [
        f"CREATE ROLE {ROLE_NAMES[role]} {ATTRIBUTES} PASSWORD '{scram_verifier(passwords[role])}'"
        for role in ("owner", "app")
    ]


def database_statements(database: str) -> list[str]:
    """Statements run outside the new database: who may connect to it."""
    return [
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        f"GRANT CONNECT, TEMPORARY ON DATABASE {database} TO remit_app",
    ]


def schema_statements() -> list[str]:
    """Statements run inside the new database: who may use its schema.

    The application gets its rights on a table from the guards installed after a migration, once the table has its
    policies: never before. Since PostgreSQL 15 the schema `public` belongs to the owner of the database and nobody
    else may create in it.
    """
    return [
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO remit_app",
    ]


def roles_sql(passwords: dict[Role, str], *, database: str = DATABASE) -> str:
    """The psql script an administrator runs once on a server of their own (PostgreSQL 15 or later).

    It needs a superuser, or a role that may create roles and databases. It holds no passwords, only their verifiers.

    Args:
        passwords: the password of each role, printable ASCII.
        database: name of the database to create; a plain lower-case identifier.

    Raises:
        ValueError: the name is not a plain identifier, or a password is not printable ASCII.
    """
    check_database_name(database)
    sections = [
        "\\set ON_ERROR_STOP on",
        *(f"{statement};" for statement in role_statements(passwords)),
        # A role that is no superuser must be a member of the owner to create things in its name.
        "GRANT remit_owner TO CURRENT_USER;",
        f"CREATE DATABASE {database} OWNER remit_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';",
        *(f"{statement};" for statement in database_statements(database)),
        f"\\connect {database}",
        *(f"{statement};" for statement in schema_statements()),
        "REVOKE remit_owner FROM CURRENT_USER;",
    ]
    return "\n".join(sections) + "\n"


def check_database_name(database: str) -> None:
    """Refuse a name that would have to be quoted."""
    if not (database.isascii() and database.isidentifier() and database == database.lower() and len(database) <= 63):
        raise ValueError(f"{database!r} is not a database name; use lower-case letters, digits and underscores")
