from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from apps.merchants.models import Merchant
from apps.orchestration.models import Attempt, AttemptStatus
from apps.payments.models import Payment
from apps.payouts.models import Payout
from apps.reconciliation.models import StatementLine
from apps.reconciliation.rules.passes import WINDOWS_MAX

SHOWN_MAX = 5
NEAR = timedelta(days=WINDOWS_MAX[StatementLine.Pass.MERCHANT_REFERENCE] + 1)
# Of one number or one reference, the newest of the days around the line.
OWNERS_MAX = 50


def suggested_attempts(line: StatementLine) -> list[Attempt]:
    """What a line that nothing was found for could be: of its amount, and of its number or the
    merchant's reference, in the days around it. At most five, for a person to choose from."""
    if line.attempt_id or line.amount is None or line.occurred_at is None:
        return []
    likeness = []
    if line.number_index is not None:
        payers = Payment.objects.filter(payer_msisdn_index=line.number_index)
        payees = Payout.objects.filter(payee_msisdn_index=line.number_index)
        likeness += [payers, payees]
    if line.merchant_reference:
        # By merchant, as the index goes.
        shop = Q(
            merchant__in=Merchant.objects.all(),
            livemode=line.statement.provider_account.livemode,
            merchant_reference=line.merchant_reference,
        )
        likeness += [Payment.objects.filter(shop), Payout.objects.filter(shop)]
    owners = {
        owner_id
        for rows in likeness
        for owner_id in rows.filter(
            amount=abs(line.amount),
            currency=line.currency,
            created_at__range=(line.occurred_at - NEAR, line.occurred_at + NEAR),
        )
        .order_by("-id")
        .values_list("pk", flat=True)[:OWNERS_MAX]
    }
    return list(
        Attempt.objects.filter(
            owner_id__in=owners, provider_account=line.statement.provider_account_id
        )
        .exclude(status__in=[AttemptStatus.FAILED, AttemptStatus.NOT_SENT])
        .order_by("-id")[:SHOWN_MAX]
    )
