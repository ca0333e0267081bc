from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string

Rows = TypeVar("Rows", bound=QuerySet[Any])


def visible_rows(user: Any, rows: Rows) -> Rows:
    """Of these rows, those that the roles of a member of staff let her see. Every page of the
    staff's reads through it whatever a person may name, list, search, choose or take with her."""
    return _read()(user, rows)  # type: ignore[no-any-return]


def sees_all(user: Any, rows: QuerySet[Any]) -> bool:
    """Whether no role of hers hides any of these: then they are given back as they came."""
    return visible_rows(user, rows) is rows


@cache
def _read() -> Callable[[Any, QuerySet[Any]], Any]:
    return import_string(settings.VISIBLE_ROWS)  # type: ignore[no-any-return]
