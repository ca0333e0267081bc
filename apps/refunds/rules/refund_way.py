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
    accounts: Iterable[ProviderAccount],
) -> tuple[Operation, ProviderAccount] | None:
    """How to give this much of a payment back, and from which account; None if nobody can.

    The rail's own refund where the account that collected has it; else a payment to the payer, by
    that account if it can, by the best other one if not.
    """
    if _usable([collected_at], payment, money, Operation.REFUND):
        return Operation.REFUND, collected_at
    paying = _usable([collected_at], payment, money, Operation.DISBURSE) or _usable(
        accounts, payment, money, Operation.DISBURSE
    )
    return (Operation.DISBURSE, paying[0].account) if paying else None


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
