"""Cursor pages by id: a page costs the same however deep it lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet

from apps.core.errors import DomainError
from apps.core.public_ids import InvalidPublicId, decode_id

LIMIT_DEFAULT = 20
LIMIT_MAX = 100

Row = TypeVar("Row", bound=Model)


class InvalidPage(DomainError):
    code = "invalid_page"
    status = 400
    title = "The page asked for does not exist."


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows newest first, and whether older ones follow."""

    rows: list[Row]
    has_more: bool


def page_as_json(page: Page[Row], as_json: Callable[[Row], dict[str, Any]]) -> dict[str, Any]:
    """A page as every list of the API is answered."""
    return {
        "object": "list",
        "data": [as_json(row) for row in page.rows],
        "has_more": page.has_more,
    }


def read_page(rows: QuerySet[Row], *, query: Mapping[str, Any], prefix: str) -> Page[Row]:
    """The page that `limit` (1 to 100) and `starting_after` (a public id) ask for. One query."""
    try:
        limit = int(query.get("limit", LIMIT_DEFAULT))
    except ValueError:
        limit = 0
    if not 1 <= limit <= LIMIT_MAX:
        raise InvalidPage(f"limit is a whole number from 1 to {LIMIT_MAX}.", field="limit")
    cursor = query.get("starting_after", "")
    if cursor:
        try:
            rows = rows.filter(id__lt=decode_id(prefix, cursor))
        except InvalidPublicId:
            raise InvalidPage(
                f"starting_after is the id of the last object of the page before ({prefix}_…).",
                field="starting_after",
            ) from None
    found = list(rows.order_by("-id")[: limit + 1])
    return Page(rows=found[:limit], has_more=len(found) > limit)
