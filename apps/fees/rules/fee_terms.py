"""A line of a fee plan as a value, and in the one form in which it is shown and approved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.core.money import Money
from apps.fees.models import FeeLine, FeeReturn

# What a line may say it is for, most telling first: of two that say equally much, the one that says
# the earlier wins.
CONDITIONS = ("provider", "operator", "method", "country", "currency")


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """One line. `said_in` is the currency of its amounts; `line_id` None: not kept yet."""

    operation: str
    said_in: str
    provider: str = ""
    operator: str = ""
    method: str = ""
    country: str = ""
    currency: str = ""
    amount_from: int = 0
    basis_points: Decimal = Decimal(0)
    fixed: int = 0
    fee_min: int = 0
    fee_max: int | None = None
    tax_basis_points: Decimal = Decimal(0)
    rounding: str = "half_up"
    line_id: UUID | None = None
    # Of its version: what refunds give back of such a fee.
    fee_return: str = FeeReturn.NONE

    def in_currency(self, amount: int, currency: str) -> int:
        """An amount of this line, at the fixed parity where there is one.

        Raises:
            NoFixedParity: there is none between the two.
        """
        if not amount or currency == self.said_in:
            return amount
        return Money(amount, self.said_in).converted_to(currency).amount


# All of a line itself.
NAMES = tuple(
    each.name for each in fields(FeeTerms) if each.name not in {"said_in", "line_id", "fee_return"}
)


def terms_of(line: FeeLine, *, plan_currency: str) -> FeeTerms:
    values = {name: getattr(line, name) for name in NAMES}
    return FeeTerms(
        **values,
        said_in=line.currency or plan_currency,
        line_id=line.pk,
        fee_return=line.version.fee_return,
    )


def terms_as_json(terms: FeeTerms) -> dict[str, Any]:
    """What approvals keep: read back by terms_from_json."""
    values = {name: getattr(terms, name) for name in NAMES}
    for name in ("basis_points", "tax_basis_points"):
        values[name] = f"{Decimal(values[name]):.3f}"
    return values


def terms_from_json(values: Mapping[str, Any], *, plan_currency: str) -> FeeTerms:
    read = {name: values[name] for name in NAMES}
    for name in ("basis_points", "tax_basis_points"):
        read[name] = Decimal(read[name])
    return FeeTerms(**read, said_in=read["currency"] or plan_currency)
