from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from apps.fees.models import FeePlan
from apps.fees.rules.charged_amount import ChargedAmount
from apps.fees.rules.fee_terms import FeeTerms
from apps.fees.rules.simulation import SimulatedLine
from apps.fees.selectors.simulate_lines import DAYS, simulate_amounts

ReportedAmounts = Callable[..., tuple[list[ChargedAmount], date | None]]


def simulate_contract(
    plan: FeePlan, lines: Sequence[FeeTerms], *, valid_from: datetime | None, now: datetime
) -> tuple[list[SimulatedLine], date | None]:
    """What a provider would have charged by these lines on what its reports say, beside what it
    charged: of the last 30 days, or since `valid_from` where that is longer ago; and the first day
    that was looked at. None: there is no report."""
    source = cast(ReportedAmounts, import_string(settings.REPORTED_AMOUNTS))
    since = min(valid_from or now, now - timedelta(days=DAYS))
    amounts, first = source(plan.provider_account_id, since=since)
    return simulate_amounts(lines, amounts), first
