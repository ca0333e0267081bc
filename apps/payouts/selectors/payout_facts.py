from __future__ import annotations

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.facts import MAKER, PAYEE, Asked, Facts
from apps.merchants.caller import Caller
from apps.merchants.selectors.maker_of import maker_of
from apps.payouts.models import Payout
from apps.payouts.rules.payee import PAYEE_INDEX, payee_msisdn
from apps.payouts.selectors.last_operators import last_operators
from apps.payouts.selectors.reached_sums import reached_sums
from apps.vault.blind_index import search_indexes


def payout_facts(payout: Payout, asked: Asked, *, caller: Caller | None) -> Facts:
    """What a payout by API tells the rules, saved or not. One query where they ask of its payee,
    one of its maker, and one for each sum, else none.

    A payee is new whose number this merchant never paid in this mode, and changed if the last
    payout that reached the number went to another operator: it has moved since.
    """
    return Facts(
        amount=payout.amount,
        currency=payout.currency,
        rails=frozenset({payout.operator}),
        how=ApprovalRule.How.API,
        payees=_payees(payout) if PAYEE in asked.names else frozenset(),
        makers=frozenset({maker_of(caller)}) if caller and MAKER in asked.names else frozenset(),
        sums=reached_sums(payout, asked.sums),
    )


def _payees(payout: Payout) -> frozenset[str]:
    last = last_operators(
        {payout.pk: search_indexes(payee_msisdn(payout), purpose=PAYEE_INDEX)},
        merchant_id=payout.merchant_id,
        livemode=payout.livemode,
    )
    if not last:
        return frozenset({ApprovalRule.Payee.NEW.value})
    if payout.operator == last[payout.pk]:
        return frozenset()
    return frozenset({ApprovalRule.Payee.CHANGED.value})
