from __future__ import annotations

import hashlib
from bisect import bisect_right
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from apps.core.money import Money
from apps.fees.models import FeeOperation
from apps.fees.rules.choose_line import Charged
from apps.fees.selectors.fee_plans import current_lines
from apps.fees.selectors.promise_fee import FeeNotConvertible, promise_by
from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.selectors.amount_bands import amount_bands
from apps.payout_batches.selectors.line_candidates import line_candidates
from apps.payouts.rules.payee import PAYOUT_METHOD
from apps.providers.contract import Operation
from apps.providers.selectors.accounts import all_accounts

# Prices that are remembered: a list of a million amounts takes no more memory than a short one.
KNOWN_MAX = 10_000
# Of a digest, in bytes.
DIGEST_SIZE = 8
# The same digest in SQL, of the columns of a line; its argument is LinePrices.list_digest.
PRICED_AS = f"""substr(sha256(convert_to(concat_ws('|',
    %s::text, country, operator, amount, fee, fee_tax), 'UTF8')), 1, {DIGEST_SIZE})"""


class LinePrice(NamedTuple):
    """What a line is charged, each under its column's name. `priced_as` proves it: the digest of
    the price list, of what the price depends on, and of the price. None where nothing is priced."""

    fee: int = 0
    fee_tax: int = 0
    fee_line_id: UUID | None = None
    priced_as: bytes | None = None


UNPRICED = LinePrice()


class LinePrices:
    """What the merchant's plan, as it holds at `now`, charges for the lines of a batch. No query if
    plan and accounts were read a moment ago."""

    def __init__(self, batch: PayoutBatch, *, now: datetime) -> None:
        self._batch = batch
        lines = current_lines(batch.merchant_id, now=now)
        self._lines = [line for line in lines if line.operation == FeeOperation.DISBURSE]
        self.is_free = not self._lines
        # Which provider would send it matters to few plans.
        self._names_provider = any(line.provider for line in self._lines)
        self.list_digest = self._list_digest()
        self._bands = amount_bands() if self._names_provider else []
        self._known: dict[tuple[str, str, int], LinePrice] = {}
        self._providers: dict[tuple[str, str, int], str] = {}

    def of(self, *, country: str, operator: str, amount: int) -> LinePrice:
        """The price of one line.

        Raises:
            FeeNotConvertible: the amounts of the plan cannot be said in the currency of the batch.
        """
        if self.is_free:
            return UNPRICED
        kind = (country, operator, amount)
        price = self._known.get(kind)
        if price is None:
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            self._known[kind] = price = self._price(country, operator, amount)
        return price

    def of_or_none(self, *, country: str, operator: str, amount: int) -> LinePrice:
        """The same; UNPRICED where it cannot be said: whoever submits the batch is told."""
        try:
            return self.of(country=country, operator=operator, amount=amount)
        except FeeNotConvertible:
            return UNPRICED

    def _price(self, country: str, operator: str, amount: int) -> LinePrice:
        promised = promise_by(
            self._lines,
            Charged(
                operation=FeeOperation.DISBURSE,
                money=Money(amount, self._batch.currency),
                provider=self._provider(country, operator, amount) if self._names_provider else "",
                operator=operator,
                method=PAYOUT_METHOD,
                country=country,
            ),
        )
        fee = promised.fee
        told = f"{self.list_digest}|{country}|{operator}|{amount}|{fee.amount}|{fee.tax}"
        return LinePrice(
            fee.amount,
            fee.tax,
            promised.line_id if fee.total else None,
            hashlib.sha256(told.encode()).digest()[:DIGEST_SIZE],
        )

    def _provider(self, country: str, operator: str, amount: int) -> str:
        """Who would send it first as things are, or once it is open again; "" where nobody would.
        The same for all amounts of a band."""
        key = (country, operator, bisect_right(self._bands, amount))
        if key not in self._providers:
            candidates = line_candidates(
                self._batch, country=country, operator=operator, amount=amount
            )
            found = [
                candidate.account.connector
                for reason in ("", "closed by staff")
                for candidate in candidates
                if candidate.reason == reason
            ]
            self._providers[key] = found[0] if found else ""
        return self._providers[key]

    def _list_digest(self) -> str:
        """Of all that prices depend on beside the line itself: another list has another."""
        told = sorted(str(line.line_id) for line in self._lines)
        if self._names_provider:
            told += sorted(
                f"{one.pk} {one.connector} {one.country} {one.currency} {one.merchant_id}"
                f" {one.is_active} {one.priority} {one.weight} {one.amount_min} {one.amount_max}"
                for one in all_accounts()
                if Operation.DISBURSE in one.operations and one.livemode == self._batch.livemode
            )
        return hashlib.sha256("\n".join(told).encode()).hexdigest()
