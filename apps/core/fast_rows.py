"""Rows as model instances from SQL that is composed once: the hot path's reads.

The ORM composes its SQL anew for each query, which for a wide row costs more than the query.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

Row = TypeVar("Row", bound=Model)


def columns(model: type[Model], alias: str) -> str:
    """All columns of the model, in the order `build` expects them."""
    quote = connection.ops.quote_name
    return ", ".join(f"{alias}.{quote(f.attname)}" for f in model._meta.local_concrete_fields)


def width(model: type[Model]) -> int:
    return len(model._meta.local_concrete_fields)


def build(model: type[Row], values: Sequence[Any]) -> Row:
    """An instance from the values of `columns`, as the ORM would have made it."""
    names, converters = _reading(model)
    converted = list(values)
    for position, convert in converters:
        converted[position] = convert(converted[position])
    return model.from_db("default", names, converted)


@cache
def _reading(
    model: type[Model],
) -> tuple[list[str], list[tuple[int, Callable[[Any], Any]]]]:
    fields = model._meta.local_concrete_fields
    converters = [
        (position, _converter(field))
        for position, field in enumerate(fields)
        if hasattr(field, "from_db_value")
    ]
    return [field.attname for field in fields], converters


def _converter(field: Any) -> Callable[[Any], Any]:
    return lambda value: field.from_db_value(value, field.cached_col, connection)
