from __future__ import annotations

from uuid import UUID

from apps.core.money import Money
from apps.providers.rules.phone_numbers import OPERATOR_CODES, PhoneNumber
from apps.providers.selectors.accounts import accounts_of
from apps.routing.rules.candidates import find_candidates
from apps.routing.rules.refusals import routing_refusal


def offered_operators(
    *, merchant_id: UUID, livemode: bool, country: str, money: Money, operator: str = ""
) -> list[str]:
    """Whose wallets can pay this amount to this merchant now; at least one.

    No query but for accounts remembered longer than a second.

    Args:
        operator: the only one that is wanted; "" for all.

    Raises:
        NoRail, AmountOutOfRange, RailClosed: none can.
    """
    accounts = accounts_of(merchant_id, livemode=livemode)
    wanted = [operator] if operator else OPERATOR_CODES
    found = {
        one: find_candidates(
            accounts=accounts,
            merchant_id=merchant_id,
            livemode=livemode,
            country=country,
            operator=one,
            money=money,
        )
        for one in wanted
    }
    offered = [one for one in wanted if any(not each.reason for each in found[one])]
    if offered:
        return offered
    nobody = PhoneNumber(msisdn="", country=country, operator="")
    dropped = [candidate for candidates in found.values() for candidate in candidates]
    refusal = routing_refusal(dropped, phone=nobody, operator=operator or "mobile money")
    if refusal.field == "payer.phone":
        refusal.field = "payer.operator" if operator else "payer.country"
    raise refusal
