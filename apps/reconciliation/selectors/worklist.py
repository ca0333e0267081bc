"""Which discrepancies are on finance's list, in which order, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Count, Q, QuerySet, Sum, Value
from django.db.models.functions import Abs, Greatest, Least

from apps.core.public_ids import InvalidPublicId, decode_id
from apps.reconciliation.models import Discrepancy

PAGE_ROWS = 50
# A list that is longer is summed as far as this.
SUMMED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to. "" everywhere: all that is open and due.

    `show`: "", "mine", "nobody" or "expected". `order`: "age" or "value", largest first.
    `after`: where the page before ended.
    """

    show: str = ""
    kind: str = ""
    account: UUID | None = None
    currency: str = ""
    order: str = "age"
    after: str = ""


@dataclass(frozen=True, slots=True)
class Sums:
    """Of one currency, in minor units: what may be lost, and what is owed, below zero."""

    currency: str
    count: int
    lost: int
    owed: int


def read_wanted(query: Mapping[str, str]) -> Wanted:
    """From the address of the page; what is none of its words is left out."""
    try:
        account = decode_id("pa", query.get("account", "").lower())
    except InvalidPublicId:
        account = None
    currency = query.get("currency", "")
    show, kind, order = (query.get(name, "") for name in ("show", "kind", "order"))
    return Wanted(
        show=show if show in {"mine", "nobody", "expected"} else "",
        kind=kind if kind in Discrepancy.Kind.values else "",
        account=account,
        currency=currency.upper() if currency.isascii() and currency.isalpha() else "",
        order="value" if order == "value" else "age",
        after=query.get("after", ""),
    )


def worklist(
    rows: QuerySet[Discrepancy], wanted: Wanted, *, person_id: int, today: date
) -> QuerySet[Discrepancy]:
    """Of these rows, what is open and due, narrowed to what is wanted. By partial indexes."""
    rows = rows.filter(status=Discrepancy.Status.OPEN)
    is_later = Q(expected_until__gt=today)
    rows = rows.filter(is_later) if wanted.show == "expected" else rows.exclude(is_later)
    if wanted.show == "mine":
        rows = rows.filter(owner_id=person_id)
    if wanted.show == "nobody":
        rows = rows.filter(owner=None)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.account:
        rows = rows.filter(provider_account_id=wanted.account)
    if wanted.currency:
        rows = rows.filter(currency=wanted.currency)
    return rows


def page_of(rows: QuerySet[Discrepancy], wanted: Wanted) -> tuple[list[Discrepancy], str]:
    """The page, and where the next one begins: "" for none. One query; the last page costs what
    the first does."""
    if wanted.order == "value":
        rows = rows.annotate(size=Abs("value_at_risk")).order_by("-size", "id")
        size, _, last = wanted.after.partition(".")
        if (pk := _read_id(last)) and size.isdecimal() and len(size) < 19:
            rows = rows.filter(
                Q(size__lt=int(size)) | Q(size=int(size), id__gt=pk), size__lte=int(size)
            )
    else:
        rows = rows.order_by("id")
        if pk := _read_id(wanted.after):
            rows = rows.filter(id__gt=pk)
    found = list(
        rows.select_related("provider_account", "statement", "line", "owner")[: PAGE_ROWS + 1]
    )
    page = found[:PAGE_ROWS]
    if len(found) <= PAGE_ROWS:
        return page, ""
    last_row: Any = page[-1]
    after = last_row.public_id
    return page, f"{last_row.size}.{after}" if wanted.order == "value" else after


def sums_of(rows: QuerySet[Discrepancy]) -> tuple[Sequence[Sums], bool]:
    """By currency, and whether more than SUMMED_MAX rows were left out. One query."""
    zero = Value(0, output_field=BigIntegerField())
    first = rows.order_by("id").values("pk")[:SUMMED_MAX]
    sums = [
        Sums(currency, count, lost or 0, owed or 0)
        for currency, count, lost, owed in Discrepancy.objects.filter(pk__in=first)
        .order_by("currency")
        .values_list("currency")
        .annotate(
            count=Count("pk"),
            lost=Sum(Greatest("value_at_risk", zero)),
            owed=Sum(Least("value_at_risk", zero)),
        )
    ]
    return sums, sum(one.count for one in sums) >= SUMMED_MAX


def _read_id(text: str) -> UUID | None:
    try:
        return decode_id("dsc", text.lower())
    except InvalidPublicId:
        return None
