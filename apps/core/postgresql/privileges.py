"""Two roles: the owner migrates, the runtime role works with what it was granted, by table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, transaction
from django.utils.module_loading import import_string

# Any number nobody else uses: "grant" on a telephone's keys.
LOCK = 47268
# Until `migrate` has ended, the release before works with tables that were made anew.
UNTIL_GRANTED = "SELECT, INSERT"

ROLE = """
SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls,
       rolname = current_user,
       EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid)
  FROM pg_roles WHERE rolname = %s
"""
THERE = """
SELECT relname, pg_has_role(relowner, 'USAGE')
  FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v')
"""
SCHEMA = """
SELECT nspname, pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = current_schema()
"""
MAY_TOO_MUCH = """
SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
    OR EXISTS (SELECT FROM pg_class
                WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
                  AND (pg_has_role(relowner, 'MEMBER')
                       OR has_table_privilege(oid, 'TRUNCATE, TRIGGER')))
"""


class UnfitRole(CommandError):
    """The runtime role is missing, or may do more than it is granted here."""


def grant_privileges(*, role: str, using: str = DEFAULT_DB_ALIAS) -> None:
    """Let `role` do to each table what settings.DATABASE_PRIVILEGES says, and nothing else.

    Safe to repeat, and beside traffic: no table is locked.

    Raises:
        UnfitRole: there is no such role, or no grant could bind it.
    """
    line = connections[using]
    with transaction.atomic(using=using), line.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(ROLE, [role])
        found = cursor.fetchone()
        if found is None:
            raise UnfitRole(
                f"There is no role {role}. A superuser makes it: CREATE ROLE {role} LOGIN …;"
            )
        if any(found):
            raise UnfitRole(
                f"The role {role} is the owner, has attributes, or is a member of roles: grants"
                " do not bind it. It is LOGIN and nothing else."
            )
        cursor.execute(SCHEMA)
        schema, is_ours = cursor.fetchone()
        cursor.execute(THERE)
        there = {name for name, is_owned in cursor.fetchall() if is_owned}
        quote = line.ops.quote_name
        if is_ours:
            for statement in _of_schema(quote(schema), quote(role)):
                cursor.execute(statement)
        for statement in _of_tables(quote, there, quote(role)):
            cursor.execute(statement)


def _of_schema(schema: str, role: str) -> Iterator[str]:
    yield f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC"
    yield f"REVOKE ALL ON SCHEMA {schema} FROM {role}"
    yield f"GRANT USAGE ON SCHEMA {schema} TO {role}"
    yield f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT {UNTIL_GRANTED} ON TABLES TO {role}"


def _of_tables(quote: Callable[[str], str], there: set[str], role: str) -> Iterator[str]:
    for name in sorted(there):
        yield f"REVOKE ALL ON {quote(name)} FROM PUBLIC, {role}"
    for name, said in privileges().items():
        if name in there:
            yield f"GRANT {said} ON {quote(name)} TO {role}"


def privileges() -> Mapping[str, str]:
    """By table: what the runtime role may, as GRANT says it."""
    found: Mapping[str, str] = import_string(settings.DATABASE_PRIVILEGES)
    return found


def grant_after_migrate(*, using: str, **_: object) -> None:
    """A receiver of post_migrate."""
    if settings.DATABASE_RUNTIME_ROLE:
        grant_privileges(role=settings.DATABASE_RUNTIME_ROLE, using=using)


def check_role(**_: Any) -> list[CheckMessage]:
    """A check of `--deploy`, where the database can be asked."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(MAY_TOO_MUCH)
            (may_too_much,) = cursor.fetchone()
    except DatabaseError:
        return []
    if not may_too_much:
        return []
    return [
        Error(
            "The role of DATABASE_URL owns tables, may empty them or is a superuser: who breaks"
            " into a process could rewrite the audit trail and the books. Migrate with"
            " DATABASE_OWNER_URL, and let DATABASE_URL name another role.",
            id="lomi.E024",
        )
    ]
