from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Field, Model

from apps.audit.services.record import record
from apps.core.database_errors import is_busy
from apps.vault.encrypted_columns import EncryptedColumn, all_columns
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing
from apps.vault.key_ids import current_key_ids

logger = logging.getLogger(__name__)


def reencrypt(*, now: datetime) -> Iterator[tuple[str, int]]:
    """Encrypt under the current key what is under others, and index anew what is found by
    others; yields each column and how many of its rows were.

    Safe to repeat, to break off and beside traffic: each page of rows is a transaction of its own,
    a row says itself which key it needs, and nobody is waited for with locks in hand. What cannot
    be opened, or is held for longer than a lock is waited for, is logged and left as it is.
    """
    current = current_key_ids()
    record(
        actor="system",
        action="vault_key.reencrypt",
        target=" ".join(sorted(current)),
        now=now,
    )
    for column in all_columns():
        yield str(column), _reencrypt_column(column, current)


def _reencrypt_column(column: EncryptedColumn, current: set[str]) -> int:
    renewed = 0
    busy: set[Any] = set()
    for page in column.pages():
        old = {row.pk for row in page if column.key_ids(row) - current}
        if not old:
            continue
        seen, changed = _renew(column, current, old, skip_locked=True)
        renewed += changed
        busy |= old - seen
    for pk in busy:
        # Alone: who waits for one row holds no other, so there is no deadlock.
        try:
            _, changed = _renew(column, current, {pk}, skip_locked=False)
        except OperationalError as error:
            if not is_busy(error):
                raise
            logger.warning("row stays busy", extra={"column": str(column), "row": str(pk)})
        else:
            renewed += changed
    return renewed


def _renew(
    column: EncryptedColumn, current: set[str], pks: Collection[Any], *, skip_locked: bool
) -> tuple[set[Any], int]:
    """The keys of the rows that could be locked, and how many were changed."""
    with transaction.atomic():
        rows = column.rows().select_for_update(no_key=True, skip_locked=skip_locked)
        found = list(rows.filter(pk__in=pks))
        # As they are now: somebody may have been first.
        changed = [row for row in found if column.key_ids(row) - current and _open(column, row)]
        if changed:
            _save(changed, column.fields)
    return {row.pk for row in found}, len(changed)


def _open(column: EncryptedColumn, row: Any) -> bool:
    try:
        column.renew(row)
    except (DecryptionFailed, EncryptionKeyMissing) as error:
        logger.error(
            "encrypted value unreadable",
            extra={"column": str(column), "row": str(row.pk), "reason": str(error)},
        )
        return False
    return True


def _save(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Django's bulk_update takes five times as long: it builds one CASE for each row."""
    meta = type(rows[0])._meta
    fields: list[Field[Any, Any]] = [meta.get_field(name) for name in names]  # type: ignore[misc]
    fields.append(meta.pk)
    quote = connection.ops.quote_name
    changes = ", ".join(f"{quote(str(field.column))} = %s" for field in fields[:-1])
    sql = f"UPDATE {quote(meta.db_table)} SET {changes} WHERE {quote(str(meta.pk.column))} = %s"  # noqa: S608

    def values(row: Model) -> list[Any]:
        return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]

    with connection.cursor() as cursor:
        cursor.executemany(sql, [values(row) for row in rows])
