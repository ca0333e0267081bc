"""Rows as model instances from SQL that is composed once: the hot path's reads.

The ORM composes its SQL anew for each query, which for a wide row costs more than the query.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model
from django.db.models.base import ModelState

Row = TypeVar("Row", bound=Model)


def columns(model: type[Model], alias: str, names: tuple[str, ...] = ()) -> str:
    """Columns of the model, in the order `map_row` expects them: all, or those of these names."""
    quote = connection.ops.quote_name
    return ", ".join(f"{alias}.{quote(str(field.column))}" for field in _fields(model, names))


def width(model: type[Model]) -> int:
    return len(model._meta.local_concrete_fields)


def map_row(model: type[Row], values: Sequence[Any], names: tuple[str, ...] = ()) -> Row:
    """An instance from the values of `columns`, as the ORM would have made it, but without
    running `__init__` and its signals. What is not among the names is deferred."""
    attributes, converters = _reading(model, names)
    row = model.__new__(model)
    row.__dict__.update(zip(attributes, values, strict=True))
    for name, convert in converters:
        row.__dict__[name] = convert(row.__dict__[name])
    row._state = ModelState()
    row._state.adding = False
    row._state.db = "default"
    return row


def _fields(model: type[Model], names: tuple[str, ...]) -> list[Any]:
    fields = model._meta.local_concrete_fields
    return [field for field in fields if not names or field.attname in names]


@cache
def _reading(
    model: type[Model], names: tuple[str, ...]
) -> tuple[list[str], list[tuple[str, Callable[[Any], Any]]]]:
    fields = _fields(model, names)
    converters = [
        (field.attname, _converter(field)) for field in fields if hasattr(field, "from_db_value")
    ]
    return [field.attname for field in fields], converters


def _converter(field: Any) -> Callable[[Any], Any]:
    return lambda value: field.from_db_value(value, field.cached_col, connection)
