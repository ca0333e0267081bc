from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from django.db.models import Exists, OuterRef

from apps.core.alerts import Finding, Parameters
from apps.fees.models import FeeLine, MerchantFeePlan
from apps.fees.rules.check_parity import without_parity
from apps.fees.rules.fee_terms import terms_of
from apps.providers.selectors.accounts import all_accounts


def find_without_parity(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Plans that merchants have and that two people could not agree on today: an account in another
    currency came since, their amounts cannot be said in it, and what is asked for in it is refused
    (fee_not_convertible). One finding a currency; one query."""
    served = {
        (one.connector, one.currency)
        for one in all_accounts()
        if one.is_active and (one.livemode or wanted["includes_test"])
    }
    given = MerchantFeePlan.objects.filter(plan=OuterRef("version__plan"), valid_until__isnull=True)
    lines = (
        FeeLine.objects.filter(Exists(given), version__valid_until__isnull=True)
        .select_related("version__plan")
        .order_by("version_id", "id")
    )
    plans: dict[str, set[str]] = {}
    for _version_id, of_version in groupby(lines, key=lambda line: line.version_id):
        rows = list(of_version)
        plan = rows[0].version.plan
        terms = [terms_of(line, plan_currency=plan.currency) for line in rows]
        for _number, _line, currency in without_parity(terms, served):
            plans.setdefault(currency, set()).add(plan.name)
    for currency, names in sorted(plans.items()):
        yield Finding(
            key=currency,
            facts={"currency": currency, "count": len(names), "plan": min(names)},
        )
