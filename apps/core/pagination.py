"""Cursor pages by id: a page costs the same however deep it lies."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from apps.core.api import query_parameters
from apps.core.errors import DomainError
from apps.core.public_ids import InvalidPublicId, decode_id, first_id_at

LIMIT_DEFAULT = 20
LIMIT_MAX = 100

# Ids of one busy instant may borrow from the milliseconds after it.
ID_SLACK = timedelta(seconds=1)

Item = TypeVar("Item")
Row = TypeVar("Row", bound=Model)


class InvalidPage(DomainError):
    code = "invalid_page"
    status = 400
    title = "The page asked for does not exist."


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Rows newest first, and whether older ones follow."""

    rows: list[Item]
    has_more: bool


def created_within(
    rows: QuerySet[Row], after: datetime | None, before: datetime | None
) -> QuerySet[Row]:
    """Those created from `after` on and before `before`, where each id is made of its row's
    `created_at`: a list is read along its ids, and ends where the dates do."""
    if after is not None:
        rows = rows.filter(created_at__gte=after, id__gte=first_id_at(after))
    if before is not None:
        rows = rows.filter(created_at__lt=before, id__lt=first_id_at(later(before)))
    return rows


def later(moment: datetime) -> datetime:
    """An id of any row of before is smaller than the first of this moment."""
    try:
        return moment + ID_SLACK
    except OverflowError:
        return moment


def page_as_json(page: Page[Item], as_json: Callable[[Item], dict[str, Any]]) -> dict[str, Any]:
    """A page as every list of the API is answered."""
    return {
        "object": "list",
        "data": [as_json(row) for row in page.rows],
        "has_more": page.has_more,
    }


def read_window(
    query: Mapping[str, Any], *, prefix: str, own: QuerySet[Any] | None
) -> tuple[int, UUID | None]:
    """`limit` and the id in `starting_after`, for a list that has a query of its own.

    Args:
        own: see read_page. None: the list finds the place itself, or raises unknown_place.
    """
    return read_limit(query), _before(query, prefix, own)


def read_page(
    rows: QuerySet[Row], *, own: QuerySet[Any], query: Mapping[str, Any], prefix: str
) -> Page[Row]:
    """The page that `limit` (1 to 100) and `starting_after` (a public id) ask for. One query, and
    one more to know the place that another page goes on from.

    Args:
        own: all that `starting_after` may name, whatever the filters are: what it named may pass
            them no longer.

    Raises:
        InvalidPage.
    """
    limit = read_limit(query)
    before = _before(query, prefix, own)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return _page(rows, limit)


def read_merged_page(
    rows: QuerySet[Row],
    parts: Sequence[QuerySet[Any]],
    *,
    own: QuerySet[Any],
    query: Mapping[str, Any],
    prefix: str,
    key: str = "id",
) -> Page[Row]:
    """As read_page, of `rows` whose id is the `key` of a row of one of `parts`, which do not
    overlap.

    Each part is read along an index of its own, no further than the page needs: so a page of
    "a or b" costs the same however rare they are, where one range with a filter would not.
    """
    limit = read_limit(query)
    before = _before(query, prefix, own)
    ids = []
    for part in parts:
        part = part if before is None else part.filter(**{f"{key}__lt": before})
        ids.append(part.order_by(f"-{key}").values(key)[: limit + 1])
    first, *others = ids
    wanted = first.union(*others, all=True).order_by(f"-{key}")[: limit + 1] if others else first
    return _page(rows.filter(id__in=wanted), limit)


def _page(rows: QuerySet[Row], limit: int) -> Page[Row]:
    found = list(rows.order_by("-id")[: limit + 1])
    return Page(rows=found[:limit], has_more=len(found) > limit)


def _sent(query: Mapping[str, Any], name: str, default: Any) -> Any:
    try:
        return query_parameters.text(query, name) if name in query else default
    except query_parameters.InvalidParameter as refusal:
        raise InvalidPage(refusal.detail, field=name) from None


def read_limit(query: Mapping[str, Any]) -> int:
    """`limit`, 1 to 100. Raises InvalidPage."""
    text = _sent(query, "limit", str(LIMIT_DEFAULT))
    limit = int(text) if re.fullmatch("[0-9]{1,3}", text) else 0
    if not 1 <= limit <= LIMIT_MAX:
        raise InvalidPage(f"limit is a whole number from 1 to {LIMIT_MAX}.", field="limit")
    return limit


def unknown_place(prefix: str) -> InvalidPage:
    """`starting_after` names nothing of this list: an empty page would look like its end, and the
    first one again would have no end."""
    return InvalidPage(
        f"starting_after is the id of the last object of the page before ({prefix}_…).",
        field="starting_after",
    )


def _before(query: Mapping[str, Any], prefix: str, own: QuerySet[Any] | None) -> UUID | None:
    cursor = _sent(query, "starting_after", None)
    if cursor is None:
        return None
    try:
        before = decode_id(prefix, cursor)
    except InvalidPublicId:
        raise unknown_place(prefix) from None
    if own is not None and not own.filter(pk=before).exists():
        raise unknown_place(prefix)
    return before
