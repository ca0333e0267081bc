from __future__ import annotations

from apps.core.money import Money
from apps.orchestration.models import Attempt
from apps.orchestration.rules.has_credentials_of import has_credentials_of
from apps.payments.models import Payment
from apps.providers.contract import Operation
from apps.providers.models import ProviderAccount
from apps.providers.selectors.accounts import account_by_id, all_accounts
from apps.refunds.rules.refund_way import refund_way


def choose_way(
    payment: Payment, money: Money, collected: Attempt
) -> tuple[Operation, ProviderAccount]:
    """How to give this much of a payment back now, and from which account: rules.refund_way.

    Raises:
        AmountOutOfRange, RailClosed, RefundNotPossible.
    """
    # As routing knows it: a change by staff counts within a second for both.
    account = account_by_id(collected.provider_account_id) or collected.provider_account
    return refund_way(
        payment,
        money,
        collected_at=account,
        is_same_account=has_credentials_of(account, collected),
        accounts=all_accounts(),
    )
