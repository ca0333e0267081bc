from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from apps.core.money import NoFixedParity
from apps.fees.models import FeePlan, FeeReturn
from apps.fees.rules.charged_amount import ChargedAmount
from apps.fees.rules.choose_line import Charged, choose_line
from apps.fees.rules.compute_fee import Fee, compute_fee
from apps.fees.rules.fee_terms import FeeTerms
from apps.fees.rules.refunded_amount import RefundedAmount
from apps.fees.rules.returned_fee import returned_fee
from apps.fees.rules.simulation import SimulatedLine

# How far back is looked.
DAYS = 30
ChargedAmounts = Callable[..., Iterable[ChargedAmount]]
RefundedAmounts = Callable[..., Iterable[RefundedAmount]]


def simulate_lines(
    plan: FeePlan,
    lines: Sequence[FeeTerms],
    *,
    fee_return: str = FeeReturn.NONE,
    now: datetime,
) -> list[SimulatedLine]:
    """What these lines would have charged the merchants of the plan in the last 30 days, beside
    what they were charged; and what refunds of that time would have given back, beside what they
    did. One query for the merchants, one for each app that charges, one for what was refunded: each
    amount of a kind is counted there and computed here once, by the rule that charges.
    """
    merchants = list(plan.merchants.filter(valid_until=None).values_list("merchant_id", flat=True))
    times = {"since": now - timedelta(days=DAYS), "until": now}
    charged = simulate_amounts(lines, _charged(merchants, **times))
    return charged + _returned(merchants, lines, fee_return, **times)


def simulate_amounts(
    lines: Sequence[FeeTerms], amounts: Iterable[ChargedAmount]
) -> list[SimulatedLine]:
    """What these lines would have charged for these amounts, beside what was charged."""
    numbers = {id(line): number for number, line in enumerate(lines, 1)}
    sums: dict[tuple[int, bool, str, bool], tuple[int, int, int, Decimal]] = {}
    for each in amounts:
        line, fee, is_refused = _simulate(lines, each.charged)
        number = numbers[id(line)] if line else 0
        key = (number, each.livemode, each.charged.currency, is_refused)
        count, before, after, rounding = sums.get(key, (0, 0, 0, Decimal(0)))
        sums[key] = (
            count + each.count,
            before + each.fees + each.taxes,
            after + fee.total * each.count,
            rounding + fee.difference * each.count,
        )
    return [
        SimulatedLine(
            number, livemode, currency, count, before, after, round(rounding, 2), is_refused
        )
        for (number, livemode, currency, is_refused), (count, before, after, rounding) in sorted(
            sums.items()
        )
    ]


def _returned(
    merchants: Sequence[UUID], lines: Sequence[FeeTerms], fee_return: str, **times: datetime
) -> list[SimulatedLine]:
    source: RefundedAmounts = import_string(settings.REFUNDED_AMOUNTS)
    sums: dict[tuple[bool, str], tuple[int, int, int]] = {}
    for each in source(merchants, **times):
        _, fee, _ = _simulate(lines, each.charged)
        amounts = {"refunded": each.refunded, "collected": each.charged.money.amount}
        back = sum(returned_fee(fee_return, part, **amounts) for part in (fee.amount, fee.tax))
        key = (each.livemode, each.charged.currency)
        count, before, after = sums.get(key, (0, 0, 0))
        sums[key] = (count + each.count, before - each.returned, after - back * each.count)
    return [
        SimulatedLine(0, livemode, currency, count, before, after, Decimal(0), is_return=True)
        for (livemode, currency), (count, before, after) in sorted(sums.items())
        if before or after
    ]


def _charged(merchants: Sequence[UUID], **times: datetime) -> Iterable[ChargedAmount]:
    sources: Sequence[ChargedAmounts] = import_string(settings.CHARGED_AMOUNTS)
    for source in sources:
        yield from source(merchants, **times)


def _simulate(lines: Sequence[FeeTerms], charged: Charged) -> tuple[FeeTerms | None, Fee, bool]:
    line = None
    try:
        line = choose_line(lines, charged)
        fee = compute_fee(line, charged.money) if line else Fee(0)
    except NoFixedParity:
        return line, Fee(0), True
    return line, fee, False
