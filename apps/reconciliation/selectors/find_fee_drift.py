from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import F, Q, Sum
from django.db.models.functions import Abs

from apps.core.alerts import Finding, Parameters
from apps.core.money import Money
from apps.core.public_ids import encode_id
from apps.reconciliation.models import FeeFigures, Statement


def find_fee_drift(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Accounts that on a report day of the last `report_days` charged other fees than were agreed,
    by `fee_share` of them and by `amount_min`, in minor units: one finding each, of the worst day.

    Too little counts as too much: either the agreement is another, or the report is wrong.
    """
    modes = Q() if wanted["includes_test"] else Q(statement__provider_account__livemode=True)
    drifted = (
        FeeFigures.objects.filter(
            modes,
            day__gte=now.date() - timedelta(days=int(wanted["report_days"])),
            expected__isnull=False,
            statement__status=Statement.Status.MATCHED,
        )
        .order_by()
        .values(
            "day",
            "currency",
            account=F("statement__provider_account"),
            label=F("statement__provider_account__label"),
        )
        .annotate(fees=Sum("charged"), agreed=Sum("expected"), differing=Sum("differing"))
        .annotate(drift=Abs(F("fees") - F("agreed")))
        .filter(drift__gte=wanted["amount_min"], drift__gt=F("agreed") * float(wanted["fee_share"]))
    )
    seen = set[object]()
    for row in drifted.order_by("-drift", "day", "currency"):
        if row["account"] in seen:
            continue
        seen.add(row["account"])
        currency = row["currency"]
        yield Finding(
            key=encode_id("pa", row["account"]),
            facts={
                "account": row["label"],
                "day": row["day"].isoformat(),
                "charged": str(Money(row["fees"], currency)),
                "agreed": str(Money(row["agreed"], currency)),
                "lines": row["differing"],
            },
        )
