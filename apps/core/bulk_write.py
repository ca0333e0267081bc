"""Insert and update rows of several tables in one statement.

A payment, its attempt, its event and its outbox row are born together: one round trip and, outside
a transaction, one commit. Foreign keys are checked at the end of the statement's transaction
(Django makes them DEFERRABLE INITIALLY DEFERRED), so the order of the rows does not matter.
Two parts must not touch the same row: PostgreSQL gives them no order.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any

import psycopg
from django.db import connection, models
from django.db.models import Field, Func, Model


def bulk_write(
    inserts: Sequence[Model], updates: Mapping[Model, Sequence[str]] | None = None
) -> None:
    """Write new rows, and the named fields of existing ones, atomically.

    Every value of a new row, its primary key included, is set beforehand, but for those a function
    of the database gives it.

    Raises:
        django.db.IntegrityError: a row breaks a constraint; then nothing was written.
    """
    parts: list[str] = []
    parameters: list[Any] = []
    for row, names in (updates or {}).items():
        sql, readers = _update(type(row), tuple(names))
        parts.append(sql)
        parameters += [read(row) for read in readers]
    grouped: dict[type[Model], list[Model]] = {}
    for row in inserts:
        grouped.setdefault(type(row), []).append(row)
    for model, rows in grouped.items():
        head, placeholders, readers = _insert(model)
        parts.append(head + ", ".join([placeholders] * len(rows)))
        for row in rows:
            row._state.adding = False
            row._state.db = "default"
            parameters += [read(row) for read in readers]
    if not parts:
        return
    *first, last = parts
    if first:
        names_ = ", ".join(f"p{n} AS ({part})" for n, part in enumerate(first))
        last = f"WITH {names_} {last}"
    connection.ensure_connection()
    with connection._prepare_cursor(_WideCursor(connection.connection)) as cursor:  # type: ignore[attr-defined]
        cursor.execute(last, parameters)


class _WideCursor(psycopg.RawCursor[Any]):
    """Takes %s like any cursor. psycopg parses a statement of more than fifty parameters anew
    each time; this one does it once."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(_numbered(query), params, **options)


@lru_cache(maxsize=500)
def _numbered(sql: str) -> str:
    numbers = itertools.count(1)
    return re.sub("%s", lambda _: f"${next(numbers)}", sql)


def _prepared(field: Field[Any, Any], *, is_new: bool) -> Callable[[Model], Any]:
    """How this field's value is read from a row and made ready for psycopg."""
    needs_no_care = type(field) in _PLAIN and not getattr(field, "auto_now_add", False)
    if needs_no_care:
        return attrgetter(field.attname)
    return lambda row: field.get_db_prep_save(field.pre_save(row, add=is_new), connection)


# psycopg understands these values as they are.
_PLAIN = {
    models.UUIDField,
    models.CharField,
    models.TextField,
    models.BooleanField,
    models.IntegerField,
    models.DateTimeField,
    models.BinaryField,
    models.PositiveIntegerField,
    models.PositiveSmallIntegerField,
    models.PositiveBigIntegerField,
    models.BigIntegerField,
    models.ForeignKey,
}


@cache
def _insert(model: type[Model]) -> tuple[str, str, list[Callable[[Model], Any]]]:
    # What the database computes is left to it.
    fields = [
        field
        for field in model._meta.local_concrete_fields
        if not field.generated and not isinstance(field.db_default, Func)
    ]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    placeholders = "(" + ", ".join(["%s"] * len(fields)) + ")"
    table = quote(model._meta.db_table)
    # Names of our own tables and columns, quoted; values are parameters.
    head = f"INSERT INTO {table} ({columns}) VALUES "  # noqa: S608
    return head, placeholders, [_prepared(field, is_new=True) for field in fields]


@cache
def _update(model: type[Model], names: tuple[str, ...]) -> tuple[str, list[Callable[[Model], Any]]]:
    fields: list[Field[Any, Any]] = [model._meta.get_field(name) for name in names]  # type: ignore[misc]
    quote = connection.ops.quote_name
    columns = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
    key = model._meta.pk
    sql = f"UPDATE {quote(model._meta.db_table)} SET {columns} WHERE {quote(str(key.column))} = %s"  # noqa: S608
    return sql, [_prepared(field, is_new=False) for field in (*fields, key)]
