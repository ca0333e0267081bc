from __future__ import annotations

from collections.abc import Iterable

from apps.core.money import Money
from apps.payments.models import Payment
from apps.providers.contract import Operation
from apps.providers.models import ProviderAccount
from apps.routing.rules.candidates import Candidate, find_candidates


def refund_way(
    payment: Payment,
    money: Money,
    *,
    collected_at: ProviderAccount,
    is_same_account: bool,
    accounts: Iterable[ProviderAccount],
) -> tuple[Operation, ProviderAccount] | None:
    """How to give this much of a payment back, and from which account; None if nobody can.

    The rail's own refund where the account that collected has it; else a payment to the payer, by
    that account if it can, by the best other one if not.

    Args:
        is_same_account: whether it has the credentials still that collected. With others the rail
            may know nothing of the payment: its own refund is then the last thing tried. They may
            be new keys of the same account; if not, the rail refuses and nothing is sent.
    """
    refunding = _usable([collected_at], payment, money, Operation.REFUND)
    if refunding and is_same_account:
        return Operation.REFUND, collected_at
    paying = _usable([collected_at], payment, money, Operation.DISBURSE) or _usable(
        accounts, payment, money, Operation.DISBURSE
    )
    if paying:
        return Operation.DISBURSE, paying[0].account
    return (Operation.REFUND, collected_at) if refunding else None


def _usable(
    accounts: Iterable[ProviderAccount], payment: Payment, money: Money, operation: Operation
) -> list[Candidate]:
    candidates = find_candidates(
        accounts=accounts,
        merchant_id=payment.merchant_id,
        livemode=payment.livemode,
        country=payment.country,
        operator=payment.operator,
        money=money,
        operation=operation,
    )
    return [candidate for candidate in candidates if not candidate.reason]
