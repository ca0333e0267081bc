from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from apps.core.money import Money
from apps.core.public_ids import new_id
from apps.core.tables.read_amount import Marks
from apps.payout_batches.models import LineStatus, PayoutBatch
from apps.payout_batches.rules.contexts import CELLS_CONTEXT, NAME_CONTEXT, PAYEE_CONTEXT
from apps.payout_batches.rules.phone_prefixes import PhoneReader
from apps.payout_batches.rules.raw_line import Problem, RawLine
from apps.payout_batches.rules.read_line import ReadLine, read_line, written_cells
from apps.payout_batches.selectors.amount_bands import amount_bands
from apps.payout_batches.selectors.line_prices import UNPRICED, LinePrice, LinePrices
from apps.payouts.rules.payee import PAYEE_INDEX
from apps.providers.contract import Operation
from apps.providers.registry import PROFILES, profile_of
from apps.providers.selectors.accounts import accounts_of
from apps.routing.rules.candidates import amount_limits
from apps.routing.rules.refusals import AmountOutOfRange, NoRail, RailClosed
from apps.routing.services.route import route
from apps.vault.blind_index import search_index
from apps.vault.encryption import encrypt_all

# Closed by staff for a while: the line is sent once it is open.
RAIL_CLOSED = "rail_closed"
# Rows that are made before the first of them is taken.
ENCRYPTED_AT_ONCE = 200


class LineRow(NamedTuple):
    """What is written of a new line, each under its column's name; the rest has its default."""

    id: UUID
    batch_id: UUID
    number: int
    status: str
    amount: int | None
    country: str
    operator: str
    payee_msisdn_encrypted: bytes | None
    payee_msisdn_index: bytes | None
    payee_msisdn_masked: str
    payee_name_encrypted: bytes | None
    merchant_reference: str
    description: str
    cells_encrypted: bytes | None
    problems: list[Problem]
    warnings: list[dict[str, Any]]
    fee: int
    fee_tax: int
    fee_line_id: UUID | None
    priced_as: bytes | None
    failure_code: str = ""


def build_rows(
    batch: PayoutBatch,
    raws: Sequence[RawLine],
    *,
    phones: PhoneReader,
    marks: Marks,
    prices: LinePrices,
    row_ids: Sequence[UUID] = (),
) -> Iterator[LineRow]:
    """The lines, unsaved: ready if every cell has one reading and a rail takes it, else invalid
    with what is wrong. No query but for what is remembered longer than a second, and none once
    this returns: rows are encrypted as they are taken, while the database writes those before.

    A list has a million: nothing here is made for each that could be made for all.

    Args:
        phones: reads numbers by the plan of the day, see read_number_plan.
        marks: what commas and points mean in the file.
        prices: of the plan as it holds.
        row_ids: of the lines that they replace; new ones if there are none.
    """
    judge = _Judge(batch)
    read = []
    for raw in raws:
        line = read_line(raw, currency=batch.currency, marks=marks, phones=phones)
        warnings = judge.look_at(line)
        cells = json.dumps(written_cells(raw), ensure_ascii=False) if line.problems else None
        read.append((line, warnings, cells, _price(line, prices)))
    return _encrypted_rows(batch.pk, read, row_ids or [new_id() for _ in raws])


def _encrypted_rows(
    batch_id: UUID,
    read: Sequence[tuple[ReadLine, list[dict[str, Any]], str | None, LinePrice]],
    row_ids: Sequence[UUID],
) -> Iterator[LineRow]:
    for begin in range(0, len(read), ENCRYPTED_AT_ONCE):
        some = read[begin : begin + ENCRYPTED_AT_ONCE]
        ids = row_ids[begin : begin + ENCRYPTED_AT_ONCE]
        phones = [line.phone.msisdn if line.phone else None for line, *_ in some]
        names = [line.name or None for line, *_ in some]
        cells = [cell for _, _, cell, _ in some]
        for row_id, (line, warnings, _, price), *encrypted in zip(
            ids,
            some,
            encrypt_all(phones, context=PAYEE_CONTEXT, row_ids=ids),
            encrypt_all(names, context=NAME_CONTEXT, row_ids=ids),
            encrypt_all(cells, context=CELLS_CONTEXT, row_ids=ids),
            strict=True,
        ):
            phone_encrypted, name_encrypted, line_encrypted = encrypted
            yield LineRow(
                row_id,
                batch_id,
                line.number,
                LineStatus.INVALID.value if line.problems else LineStatus.READY.value,
                line.amount,
                line.phone.country if line.phone else "",
                line.operator,
                phone_encrypted,
                search_index(line.phone.msisdn, purpose=PAYEE_INDEX) if line.phone else None,
                line.masked,
                name_encrypted,
                line.reference,
                line.description,
                line_encrypted,
                line.problems,
                warnings,
                *price,
            )


def _price(line: ReadLine, prices: LinePrices) -> LinePrice:
    if prices.is_free or line.problems or line.phone is None or line.amount is None:
        return UNPRICED
    return prices.of_or_none(country=line.phone.country, operator=line.operator, amount=line.amount)


@dataclass
class _Judge:
    """Asks routing whether a rail takes a line: once for all of one operator whose amounts no
    limit of an account parts."""

    batch: PayoutBatch
    # Country, operator, band of amounts: what is to be known of such a line all the same.
    taken: dict[tuple[str, str, int], list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bounds = amount_bands()

    def look_at(self, line: ReadLine) -> list[dict[str, Any]]:
        """What is to be known of it; what is wrong with it is added to its problems."""
        if line.phone is None or line.amount is None:
            return []
        band = bisect_right(self.bounds, line.amount)
        key = (line.phone.country, line.operator, band)
        found = self.taken.get(key)
        if found is None:
            found = _ask_routing(self.batch, line)
            if found is None:
                return []
            self.taken[key] = found
        return found


def _ask_routing(batch: PayoutBatch, line: ReadLine) -> list[dict[str, Any]] | None:
    """None: it was refused."""
    assert line.phone is not None and line.amount is not None  # noqa: S101 (for the type checker)
    try:
        route(
            merchant_id=batch.merchant_id,
            livemode=batch.livemode,
            phone=line.phone,
            operator=line.named_operator,
            money=Money(line.amount, batch.currency),
            operation=Operation.DISBURSE,
        )
    except RailClosed:
        return [{"code": RAIL_CLOSED, "column": "phone", "values": {}}]
    except AmountOutOfRange:
        line.refuse("amount", AmountOutOfRange.code, **_limits(batch, line))
    except NoRail:
        place = {"operator": line.operator, "country": line.phone.country}
        known = bool(line.operator)
        line.refuse("phone", NoRail.code if known else "operator_unknown", **place)
    else:
        return []
    return None


def _limits(batch: PayoutBatch, line: ReadLine) -> dict[str, Any]:
    assert line.phone is not None  # noqa: S101 (for the type checker)
    limits = [
        amount_limits(account, Operation.DISBURSE)
        for account in accounts_of(batch.merchant_id, livemode=batch.livemode)
        if account.country == line.phone.country
        and account.currency == batch.currency
        and account.connector in PROFILES
        and Operation.DISBURSE in account.operations
        and (profile := profile_of(account.connector, Operation.DISBURSE)) is not None
        and line.operator in profile.operators
    ]
    return {
        "smallest": min((least for least, _ in limits), default=0),
        "largest": max((most for _, most in limits), default=0),
        "currency": batch.currency,
    }
