from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.core.money import Money
from apps.payments.models import Payment
from apps.providers.contract import Operation
from apps.providers.models import ProviderAccount
from apps.providers.registry import profile_of
from apps.routing.rules.candidates import Candidate, amount_limits, find_candidates
from apps.routing.rules.refusals import AmountOutOfRange, RailClosed


class RefundNotPossible(DomainError):
    code = "refund_not_possible"
    status = 422
    title = "No provider can send this money back."
    staff_words = _("No provider account can send this back. Give it back another way.")


def refund_way(
    payment: Payment,
    money: Money,
    *,
    collected_at: ProviderAccount,
    is_same_account: bool,
    accounts: Iterable[ProviderAccount],
) -> tuple[Operation, ProviderAccount]:
    """How to give this much of a payment back, and from which account.

    The rail's own refund where the account that collected has it and it gives back so much; else a
    payment to the payer, by that account if it can, by the best other one if not: of those that are
    the platform's, as that account is, or the merchant's own, for the money lies there.

    Args:
        is_same_account: whether it has the credentials still that collected. With others the rail
            may know nothing of the payment: its own refund is then the last thing tried. They may
            be new keys of the same account; if not, the rail refuses and nothing is sent.

    Raises:
        AmountOutOfRange: it can be given back in other amounts.
        RailClosed: it can once an account is open again.
        RefundNotPossible: nobody can.
    """
    beside_it = [one for one in accounts if one.merchant_id == collected_at.merchant_id]
    own = (Operation.REFUND, [collected_at] if _gives_back(collected_at, payment, money) else [])
    paying = [(Operation.DISBURSE, [collected_at]), (Operation.DISBURSE, beside_it)]
    tried: list[tuple[Operation, Candidate]] = []
    for operation, among in [own, *paying] if is_same_account else [*paying, own]:
        candidates = find_candidates(
            accounts=among,
            merchant_id=payment.merchant_id,
            livemode=payment.livemode,
            country=payment.country,
            operator=payment.operator,
            money=money,
            operation=operation,
        )
        for candidate in candidates:
            if not candidate.reason:
                return operation, candidate.account
            tried.append((operation, candidate))
    raise _refusal(payment, money, tried)


def _gives_back(account: ProviderAccount, payment: Payment, money: Money) -> bool:
    """Whether the rail's own refund is of this amount: some know the whole payment alone."""
    profile = profile_of(account.connector, Operation.REFUND)
    is_whole = money == Money(payment.amount, payment.currency)
    return is_whole or profile is None or not profile.is_whole_only


def _refusal(
    payment: Payment, money: Money, tried: Sequence[tuple[Operation, Candidate]]
) -> DomainError:
    limits = [
        amount_limits(candidate.account, operation)
        for operation, candidate in tried
        if candidate.reason.startswith("amount too")
    ]
    if limits:
        smallest, largest = min(limits)[0], max(limit for _, limit in limits)
        text = f"The rail gives back {smallest} to {largest} {money.currency} at once."
        return AmountOutOfRange(text, field="amount")
    if any(candidate.reason == "closed by staff" for _, candidate in tried):
        return RailClosed("Try again later, or give it back another way.", field="payment")
    return RefundNotPossible(
        f"No account can send {money} to a number of {payment.operator} in {payment.country}. Give"
        " it back another way.",
        field="payment",
    )
