from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from apps.core.pagination import Page, later
from apps.core.public_ids import first_id_at
from apps.core.row_mapper import columns, map_row
from apps.orchestration.models import Attempt
from apps.payments.models import Payment
from apps.payments.rules.metadata_search import token_of

# Enough to tell rare from common.
PROBE_ROWS = 200


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """What the payments of a list have in common. Empty: no matter.

    `payer_indexes` are the blind indexes of the payer's number, several while their key is being
    replaced. `created_after` is included, `created_before` is not.
    """

    statuses: Sequence[str] = ()
    operators: Sequence[str] = ()
    providers: Sequence[str] = ()
    currencies: Sequence[str] = ()
    reference: str = ""
    payer_indexes: Sequence[bytes] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


def list_payments(
    *,
    merchant_id: UUID,
    livemode: bool,
    wanted: PaymentFilter,
    limit: int,
    before: UUID | None = None,
) -> Page[Payment]:
    """A merchant's newest payments older than `before`, at most `limit` of them.

    One query; a second, before it, where filters compete: then the one that fewest payments pass
    leads. What is read follows one index, newest first, so it does not grow with the table.
    """
    ways = _ways(merchant_id, livemode, wanted)
    statements = _List(merchant_id, livemode, wanted, limit, before)
    way = ways[0]
    if len(ways) > 1:
        counts = statements.probe(ways).run()[0]
        way = ways[counts.index(min(counts))]
    rows = statements.page(way).run()
    found = sorted((map_row(Payment, row) for row in rows), key=lambda one: one.pk, reverse=True)
    return Page(rows=found[:limit], has_more=len(found) > limit)


def attempts_of(payments: Sequence[Payment]) -> dict[UUID, list[Attempt]]:
    """The attempts of each of these payments, oldest first. One query."""
    found: dict[UUID, list[Attempt]] = {payment.pk: [] for payment in payments}
    attempts: QuerySet[Attempt] = (
        Attempt.objects.filter(owner_id__in=list(found))
        .select_related("provider_account")
        .order_by("id")
    )
    for attempt in attempts:
        found[attempt.owner_id].append(attempt)
    return found


@dataclass(frozen=True, slots=True)
class _Way:
    """An index along which payments p can be read, newest first: "FROM … WHERE …".

    `id` is the column of the index that holds the payment's id. `is_by_kind`: there is one such
    range for each row of `kinds`, not one in all.
    """

    sql: str
    parameters: tuple[Any, ...]
    id: str = "p.id"
    is_by_kind: bool = False


def _ways(merchant_id: UUID, livemode: bool, wanted: PaymentFilter) -> list[_Way]:
    """The indexes that serve these filters, usually the rarest first; at least one."""
    own = "FROM payments_payment p WHERE p.merchant_id = %s AND p.livemode = %s"
    whose = (merchant_id, livemode)
    ways = []
    if wanted.reference:
        # The second condition is the index's own.
        more = " AND p.merchant_reference = %s AND NOT (p.merchant_reference = '')"
        ways.append(_Way(own + more, (*whose, wanted.reference)))
    if wanted.payer_indexes:
        of_payer = _of_payer(wanted.payer_indexes)
        ways.append(_Way(own + of_payer.sql, (*whose, *of_payer.parameters)))
    for key, value in wanted.metadata.items():
        token = token_of(merchant_id, livemode=livemode, key=key, value=value)
        ways.append(_Way(OF_ENTRY, (token,), id="e.payment_id"))
    if wanted.statuses or wanted.operators or wanted.providers or wanted.currencies:
        ways.append(_Way(OF_KIND, whose, id="s.payment_id", is_by_kind=True))
    return ways or [_Way(own, whose)]


OF_ENTRY = (
    "FROM payments_metadataentry e JOIN payments_payment p ON p.id = e.payment_id"
    " WHERE e.token = %s"
)

# OFFSET 0: each payment is looked up by its id, one after the other; the planner, who does not know
# how rare a kind is, would rather pass over all payments in the order of their ids.
OF_KIND = (
    "FROM payments_paymentstate s CROSS JOIN LATERAL"
    " (SELECT * FROM payments_payment WHERE id = s.payment_id OFFSET 0) p"
    " WHERE s.merchant_id = %s AND s.livemode = %s"
    " AND s.status = k.status AND s.operator = k.operator AND s.provider = k.provider"
    " AND s.currency = k.currency"
)

# The kinds of payment the merchant has, each found by one step in the key of the states.
KINDS = """
WITH RECURSIVE every AS (
    (SELECT status, operator, provider, currency FROM payments_paymentstate
      WHERE merchant_id = %s AND livemode = %s
      ORDER BY status, operator, provider, currency LIMIT 1)
    UNION ALL
    SELECT n.* FROM every e CROSS JOIN LATERAL (
        SELECT status, operator, provider, currency FROM payments_paymentstate
         WHERE merchant_id = %s AND livemode = %s
           AND (status, operator, provider, currency)
               > (e.status, e.operator, e.provider, e.currency)
         ORDER BY status, operator, provider, currency LIMIT 1) n
), kinds AS MATERIALIZED (SELECT * FROM every k WHERE true"""


@dataclass(frozen=True, slots=True)
class _Statement:
    """SQL and its parameters, in their order."""

    sql: str = ""
    parameters: tuple[Any, ...] = ()

    def __add__(self, other: _Statement) -> _Statement:
        return _Statement(self.sql + other.sql, self.parameters + other.parameters)

    def run(self) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.parameters)
            rows: list[Any] = cursor.fetchall()
        return rows


@dataclass(frozen=True, slots=True)
class _List:
    """The statements of one list."""

    merchant_id: UUID
    livemode: bool
    wanted: PaymentFilter
    limit: int
    before: UUID | None

    def page(self, way: _Way) -> _Statement:
        """One row more than the page has, along this way."""
        # OFFSET 0 keeps the conditions out: the planner would take them for another way.
        ordered = self._along(way) + _Statement(f" ORDER BY {way.id} DESC OFFSET 0")
        rows = (
            _Statement("SELECT p.* FROM (SELECT p.* ")
            + ordered
            + _Statement(") p WHERE true")
            + self._conditions()
            + _Statement(" LIMIT %s", (self.limit + 1,))
        )
        if not way.is_by_kind:
            return _Statement(f"SELECT {_columns()} FROM (") + rows + _Statement(") p")  # noqa: S608
        return (
            self._kinds()
            + _Statement(f" SELECT {_columns()} FROM kinds k CROSS JOIN LATERAL (")  # noqa: S608
            + rows
            + _Statement(") p ORDER BY p.id DESC LIMIT %s", (self.limit + 1,))
        )

    def probe(self, ways: Sequence[_Way]) -> _Statement:
        """How many payments lie on each way, counted no further than PROBE_ROWS."""
        counts = _Statement(" SELECT ")
        for number, way in enumerate(ways):
            rows = _Statement("SELECT 1 ") + self._along(way)
            if way.is_by_kind:
                rows = (
                    _Statement("SELECT 1 FROM kinds k CROSS JOIN LATERAL (")
                    + rows
                    + _Statement(f" LIMIT {PROBE_ROWS}) p")
                )
            counts += _Statement(", " if number else "")
            counts += _Statement("(SELECT count(*) FROM (") + rows
            counts += _Statement(f" LIMIT {PROBE_ROWS}) n)")
        return (self._kinds() + counts) if any(way.is_by_kind for way in ways) else counts

    def _along(self, way: _Way) -> _Statement:
        """The way, as far as the page's place and its dates leave of it."""
        found = _Statement(way.sql, way.parameters)
        if self.before is not None:
            found += _Statement(f" AND {way.id} < %s", (self.before,))
        if self.wanted.created_after:
            first = first_id_at(self.wanted.created_after)
            found += _Statement(f" AND {way.id} >= %s", (first,))
        if self.wanted.created_before:
            end = first_id_at(later(self.wanted.created_before))
            found += _Statement(f" AND {way.id} < %s", (end,))
        return found

    def _conditions(self) -> _Statement:
        wanted = self.wanted
        found = _Statement(
            " AND p.merchant_id = %s AND p.livemode = %s", (self.merchant_id, self.livemode)
        )
        if wanted.reference:
            found += _Statement(" AND p.merchant_reference = %s", (wanted.reference,))
        if wanted.payer_indexes:
            found += _of_payer(wanted.payer_indexes)
        if wanted.metadata:
            found += _Statement(
                " AND p.metadata @> %s::jsonb", (json.dumps(dict(wanted.metadata)),)
            )
        if wanted.created_after:
            found += _Statement(" AND p.created_at >= %s", (wanted.created_after,))
        if wanted.created_before:
            found += _Statement(" AND p.created_at < %s", (wanted.created_before,))
        return found + self._of_kind("p")

    def _kinds(self) -> _Statement:
        whose = (self.merchant_id, self.livemode)
        return _Statement(KINDS, whose * 2) + self._of_kind("k") + _Statement(")")

    def _of_kind(self, table: str) -> _Statement:
        found = _Statement()
        for column, values in (
            ("status", self.wanted.statuses),
            ("operator", self.wanted.operators),
            ("provider", self.wanted.providers),
            ("currency", self.wanted.currencies),
        ):
            if values:
                found += _Statement(f" AND {table}.{column} = ANY(%s)", (list(values),))
        return found


def _of_payer(indexes: Sequence[bytes]) -> _Statement:
    if len(indexes) == 1:
        return _Statement(" AND p.payer_msisdn_index = %s", (indexes[0],))
    # No longer one range of the index, newest first: all payments of the payer are put in order.
    return _Statement(" AND p.payer_msisdn_index = ANY(%s)", (list(indexes),))


@cache
def _columns() -> str:
    return columns(Payment, "p")
