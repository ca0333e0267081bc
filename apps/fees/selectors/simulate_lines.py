from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from apps.core.money import NoFixedParity
from apps.fees.models import FeePlan
from apps.fees.rules.charged_amount import ChargedAmount
from apps.fees.rules.choose_line import choose_line
from apps.fees.rules.compute_fee import Fee, compute_fee
from apps.fees.rules.fee_terms import FeeTerms
from apps.fees.rules.simulation import SimulatedLine

# How far back is looked.
DAYS = 30
ChargedAmounts = Callable[..., Iterable[ChargedAmount]]


def simulate_lines(
    plan: FeePlan, lines: Sequence[FeeTerms], *, now: datetime
) -> list[SimulatedLine]:
    """What these lines would have charged the merchants of the plan in the last 30 days, beside
    what they were charged. One query for the merchants and one for each app that charges: each
    amount of a kind is counted there and computed here once, by the rule that charges.
    """
    merchants = list(plan.merchants.filter(valid_until=None).values_list("merchant_id", flat=True))
    numbers = {id(line): number for number, line in enumerate(lines, 1)}
    sums: dict[tuple[int, bool, str, bool], tuple[int, int, int, Decimal]] = {}
    for each in _charged(merchants, since=now - timedelta(days=DAYS), until=now):
        line, fee, is_refused = _simulate(lines, each)
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


def _charged(merchants: Sequence[UUID], **times: datetime) -> Iterable[ChargedAmount]:
    sources: Sequence[ChargedAmounts] = import_string(settings.CHARGED_AMOUNTS)
    for source in sources:
        yield from source(merchants, **times)


def _simulate(lines: Sequence[FeeTerms], each: ChargedAmount) -> tuple[FeeTerms | None, Fee, bool]:
    line = None
    try:
        line = choose_line(lines, each.charged)
        fee = compute_fee(line, each.charged.money) if line else Fee(0)
    except NoFixedParity:
        return line, Fee(0), True
    return line, fee, False
