from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from apps.core.postgresql.long_statements import long_statements
from apps.core.public_ids import encode_id, first_id_at
from apps.ledger.models import AccountKind, TransferKind
from apps.ledger.rules.chart_of_accounts import number_of

# Ids are made before rows bear their time: a day more on either side of them has every row.
EDGE = timedelta(days=1)

SUMS = """
SELECT (t.created_at AT TIME ZONE %(zone)s)::date AS day, t.kind, f.kind, i.kind,
       sum(t.amount)::bigint, count(*), c.id, o.id, o.created_at
  FROM ledger_transfer t
  JOIN ledger_account f ON f.id = t.from_account_id
  JOIN ledger_account i ON i.id = t.to_account_id
  LEFT JOIN ledger_correction c ON c.transfer_id = t.id
  LEFT JOIN ledger_transfer o ON o.id = c.reverses_id
 WHERE t.id >= %(first_id)s AND t.id < %(last_id)s
   AND t.created_at >= %(begins_at)s AND t.created_at < %(ends_at)s
   AND t.currency = %(currency)s AND f.livemode = %(livemode)s
 GROUP BY 1, 2, 3, 4, c.id, o.id, o.created_at
 ORDER BY 1, 2, 3, 4, c.id
"""


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One side of what was booked of one kind in a day; the next line is the other side.

    `debit` or `credit` is 0; minor units. `count`: of how many transfers it is the sum.
    `corrects`: of a correction, which is an entry of its own, its id, and the id and day of what it
    takes back; else blank.
    """

    day: date
    account: str
    kind: TransferKind
    debit: int
    credit: int
    count: int
    corrects: str = ""


def read_journal(
    *, first_day: date, last_day: date, zone: str, currency: str, livemode: bool
) -> Iterator[JournalLine]:
    """What was booked in these days of a zone, as an accountant's journal: the days' sums by kind,
    each debited to what gives value and credited to what receives it.

    What moves within one account of the chart, as from a merchant's balance to what is held of it,
    is no entry. One query.
    """
    begins_at = datetime.combine(first_day, datetime.min.time(), ZoneInfo(zone))
    ends_at = datetime.combine(last_day + timedelta(days=1), datetime.min.time(), ZoneInfo(zone))
    with long_statements(), connection.cursor() as cursor:
        cursor.execute(
            SUMS,
            {
                "zone": zone,
                "first_id": first_id_at(begins_at - EDGE),
                "last_id": first_id_at(ends_at + EDGE),
                "begins_at": begins_at,
                "ends_at": ends_at,
                "currency": currency,
                "livemode": livemode,
            },
        )
        found = cursor.fetchall()
    for day, kind, from_kind, to_kind, amount, count, *correction in found:
        debited, credited = number_of(AccountKind(from_kind)), number_of(AccountKind(to_kind))
        if debited != credited:
            corrects = _corrects(*correction)
            yield JournalLine(day, debited, TransferKind(kind), amount, 0, count, corrects)
            yield JournalLine(day, credited, TransferKind(kind), 0, amount, count, corrects)


def _corrects(
    correction_id: UUID | None, reversed_id: UUID | None, reversed_at: datetime | None
) -> str:
    if correction_id is None:
        return ""
    found = encode_id("cor", correction_id)
    if reversed_id and reversed_at:
        found += f", {encode_id('tr', reversed_id)}, {reversed_at:%Y-%m-%d}"
    return found
