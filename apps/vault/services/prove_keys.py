from __future__ import annotations

import logging
import threading
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, OperationalError, ProgrammingError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.errors import UndefinedTable

from apps.vault.blind_index import INDEX_KEY as OLDEST_SEARCH_KEY
from apps.vault.blind_index import blind_index, search_index
from apps.vault.encryption import DecryptionFailed, decrypt, encrypt
from apps.vault.key_ids import SEARCH, all_key_ids

logger = logging.getLogger(__name__)

TEXT = "kept to prove a key"
CONTEXT = "vault_keycanary.proof"
PURPOSE = "key canary"
INDEX_KEY = ""


class WrongKeys(OperationalError):
    """This process lacks a key this database was encrypted under; the message names it."""


def prove_keys(connection: BaseDatabaseWrapper | None = None) -> bool:
    """Compare VAULT_KEYS, VAULT_INDEX_KEY and VAULT_SEARCH_KEYS with what this database knows of
    them. False while it has no table for that.

    A key that is new here is taken note of, if all others are right: the first process to come
    does so, for whoever comes later.

    Raises:
        WrongKeys: a key of a known id is another one, one is not on the ring, or the index key is
            another.
    """
    connection = connection or connections[DEFAULT_DB_ALIAS]
    ours = all_key_ids()
    known = _read(connection)
    if known is None:
        return False
    for key_id, proof in known.items():
        if key_id != INDEX_KEY and key_id not in ours:
            raise WrongKeys(
                f"{_name(key_id)} is missing. Once nothing needs it any more:"
                f" manage.py forget_key {key_id}"
            )
        if not _is_right(key_id, proof):
            raise WrongKeys(f"{_name(key_id)} is not the key this database was encrypted under")
    # That one is the index key, and proved as such.
    wanted = {*ours, INDEX_KEY} - {SEARCH + OLDEST_SEARCH_KEY}
    missing = sorted(wanted - known.keys())
    if missing:
        _add(connection, {key_id: _proof_of(key_id) for key_id in missing})
        # Another process may have been first, with other keys.
        return prove_keys(connection)
    return True


def _proof_of(key_id: str) -> bytes:
    if key_id == INDEX_KEY:
        return blind_index(TEXT, purpose=PURPOSE)
    if key_id.startswith(SEARCH):
        return search_index(TEXT, purpose=PURPOSE, key_id=key_id.removeprefix(SEARCH))
    return encrypt(TEXT, context=CONTEXT, row_id=_row_id(key_id), key_id=key_id)


def _is_right(key_id: str, proof: bytes) -> bool:
    if key_id == INDEX_KEY or key_id.startswith(SEARCH):
        return proof == _proof_of(key_id)
    try:
        return decrypt(proof, context=CONTEXT, row_id=_row_id(key_id)) == TEXT
    except DecryptionFailed:
        return False


def _name(key_id: str) -> str:
    if key_id == INDEX_KEY:
        return "VAULT_INDEX_KEY"
    name = "VAULT_SEARCH_KEYS" if key_id.startswith(SEARCH) else "VAULT_KEYS"
    return f"{name}: key {key_id.removeprefix(SEARCH)}"


def _row_id(key_id: str) -> UUID:
    return UUID(bytes=key_id.encode().ljust(16, b"\0"))


def _read(connection: BaseDatabaseWrapper) -> dict[str, bytes] | None:
    """None while there is no such table: the migrations come first."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT key_id, proof FROM vault_keycanary")
            return {key_id: bytes(proof) for key_id, proof in cursor.fetchall()}
    except ProgrammingError as error:
        if isinstance(error.__cause__, UndefinedTable):
            return None
        raise


def _add(connection: BaseDatabaseWrapper, proofs: dict[str, bytes]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO vault_keycanary (key_id, proof, created_at)"
            " SELECT *, statement_timestamp() FROM unnest(%s::text[], %s::bytea[])"
            " ON CONFLICT DO NOTHING",
            [list(proofs), list(proofs.values())],
        )


class Prover:
    """Lets no connection be used before the keys are proved, once for each process."""

    def __init__(self) -> None:
        self._is_proved = False
        self._proving = threading.Lock()

    def __call__(self, *, connection: BaseDatabaseWrapper, **_: object) -> None:
        if self._is_proved or connection.alias != DEFAULT_DB_ALIAS:
            return
        with self._proving:
            if self._is_proved:
                return
            try:
                self._is_proved = prove_keys(connection)
            except WrongKeys:
                logger.critical("no work is done with these keys", exc_info=True)
                # Left open, it would be used all the same.
                connection.close()
                raise
