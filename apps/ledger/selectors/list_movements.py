from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.core.pagination import Page, unknown_place
from apps.ledger.models import AccountKind
from apps.ledger.rules.postings import DIRECTIONS, TransferKind

PREFIX = "tr"

# Each kind of transfer touches one side of a merchant's account: the other need not be read for it.
SIDES = {"in": "to_account_id", "out": "from_account_id"}
# Each with its index.
KINDS = (
    TransferKind.GROSS.value,
    TransferKind.FEE.value,
    TransferKind.FEE_TAX.value,
    TransferKind.REFUND_HELD.value,
    TransferKind.REFUND_RETURNED.value,
    TransferKind.PAYOUT_HELD.value,
    TransferKind.PAYOUT_RETURNED.value,
    TransferKind.PAYOUT_FEE_HELD.value,
    TransferKind.PAYOUT_FEE_BACK.value,
    TransferKind.PAYOUT_TAX_HELD.value,
    TransferKind.PAYOUT_TAX_BACK.value,
    TransferKind.REFUND_FEE_HELD.value,
    TransferKind.REFUND_FEE_BACK.value,
    TransferKind.REFUND_TAX_HELD.value,
    TransferKind.REFUND_TAX_BACK.value,
    TransferKind.COLLECT_FEE_BACK.value,
    TransferKind.COLLECT_TAX_BACK.value,
    TransferKind.DISPUTE_HELD.value,
    TransferKind.DISPUTE_RETURNED.value,
    TransferKind.BATCH_HELD.value,
    TransferKind.BATCH_RELEASED.value,
    TransferKind.BATCH_RETURNED.value,
    TransferKind.RELEASED.value,
    TransferKind.RESERVE_HELD.value,
    TransferKind.RESERVE_RELEASED.value,
    TransferKind.SETTLE_HELD.value,
    TransferKind.SETTLE_RELEASED.value,
    TransferKind.SETTLE_RETURNED.value,
    TransferKind.CORRECTION_IN.value,
    TransferKind.CORRECTION_OUT.value,
)


@dataclass(frozen=True, slots=True)
class Movement:
    """One transfer seen from a merchant's account. `direction` is "in" or "out" of it."""

    id: UUID
    kind: str
    direction: str
    amount: int
    currency: str
    source_id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MovementFilter:
    """What the movements of a list have in common. Empty: no matter.

    `created_after` is included, `created_before` is not.
    """

    kinds: Sequence[str] = ()
    currencies: Sequence[str] = ()
    source_id: UUID | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


def list_movements(
    *,
    merchant_id: UUID,
    livemode: bool,
    wanted: MovementFilter,
    limit: int,
    before: UUID | None = None,
) -> Page[Movement]:
    """What came to and went from a merchant's accounts, newest first.

    One query, and one to find `before`. Each side of each account is read along its own index, no
    further than the page needs.

    Raises:
        InvalidPage: `before` is none of theirs.
    """
    place = None
    if before is not None:
        place = _created_at(before, merchant_id=merchant_id, livemode=livemode)
    conditions, values = _conditions(wanted, place, before)
    sides: list[str] = []
    parameters: list[Any] = []
    for direction, column in SIDES.items():
        for kind, its_direction in DIRECTIONS.items():
            if its_direction == direction and kind in (wanted.kinds or KINDS):
                side = {"kind": kind.value, "direction": direction, "column": column}
                sides.append(SIDE.format(**side, conditions=conditions))
                parameters += [*values, limit + 1]
    currencies = ""
    parameters += [AccountKind.MERCHANT_PAYABLE, merchant_id, livemode]
    if wanted.currencies:
        currencies = "AND a.currency = ANY(%s)"
        parameters.append(list(wanted.currencies))
    page = PAGE.format(sides=" UNION ALL ".join(sides), currencies=currencies)
    with connection.cursor() as cursor:
        cursor.execute(page, [*parameters, limit + 1])
        found = [Movement(*row) for row in cursor.fetchall()]
    return Page(rows=found[:limit], has_more=len(found) > limit)


# The kind is the index's own condition, so it is no parameter.
SIDE = """
(SELECT t.id, t.kind, '{direction}' AS direction, t.amount, t.currency, t.source_id, t.created_at
   FROM ledger_transfer t
  WHERE t.{column} = a.id AND t.kind = '{kind}' {conditions}
  ORDER BY t.created_at DESC, t.id DESC LIMIT %s)
"""

PAGE = """
SELECT t.* FROM ledger_account a CROSS JOIN LATERAL ({sides}) t
 WHERE a.kind = %s AND a.owner_id = %s AND a.livemode = %s {currencies}
 ORDER BY t.created_at DESC, t.id DESC LIMIT %s
"""

OWN = """
SELECT t.created_at FROM ledger_transfer t
  JOIN ledger_account a ON a.id IN (t.from_account_id, t.to_account_id)
 WHERE t.id = %s AND a.kind = %s AND a.owner_id = %s AND a.livemode = %s
"""


def _created_at(transfer_id: UUID, *, merchant_id: UUID, livemode: bool) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute(OWN, [transfer_id, AccountKind.MERCHANT_PAYABLE, merchant_id, livemode])
        row = cursor.fetchone()
    if row is None:
        raise unknown_place(PREFIX)
    found: datetime = row[0]
    return found


def _conditions(
    wanted: MovementFilter, place: datetime | None, before: UUID | None
) -> tuple[str, list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    if place is not None:
        # Said twice: the first is a range of the index, the second parts what one instant made.
        conditions.append("AND t.created_at <= %s AND (t.created_at, t.id) < (%s, %s)")
        values += [place, place, before]
    if wanted.source_id is not None:
        conditions.append("AND t.source_id = %s")
        values.append(wanted.source_id)
    if wanted.created_after is not None:
        conditions.append("AND t.created_at >= %s")
        values.append(wanted.created_after)
    if wanted.created_before is not None:
        conditions.append("AND t.created_at < %s")
        values.append(wanted.created_before)
    return " ".join(conditions), values
