from __future__ import annotations

from uuid import UUID

from apps.core.money import Money
from apps.providers.contract import Operation
from apps.providers.rules.phone_numbers import PhoneNumber
from apps.providers.selectors.accounts import accounts_of
from apps.routing.rules.candidates import Candidate, find_candidates
from apps.routing.rules.refusals import WrongOperator, counterparty_of, routing_refusal


def route(
    *,
    merchant_id: UUID,
    livemode: bool,
    phone: PhoneNumber,
    operator: str = "",
    only_operator: str = "",
    money: Money,
    operation: Operation = Operation.COLLECT,
) -> list[Candidate]:
    """The accounts that serve this number, the usable ones first and best first; at least one.

    No query but for accounts remembered longer than a second.

    Args:
        operator: whose wallet it is, "" to go by the number.
        only_operator: refuse a number that is known to be another operator's.

    Raises:
        WrongOperator, NoRail, AmountOutOfRange, RailClosed.
    """
    if only_operator and phone.operator not in ("", only_operator):
        who = counterparty_of(operation)
        resource = "payouts" if operation is Operation.DISBURSE else "payments"
        raise WrongOperator(
            f"This is a number of {phone.operator}. If its wallet is at {only_operator} all the"
            f" same, send it to /api/v1/{resource} with {who}.operator.",
            field=f"{who}.phone",
        )
    wanted = operator or only_operator or phone.operator
    candidates = find_candidates(
        accounts=accounts_of(merchant_id, livemode=livemode),
        merchant_id=merchant_id,
        livemode=livemode,
        country=phone.country,
        operator=wanted,
        money=money,
        operation=operation,
    )
    if any(not candidate.reason for candidate in candidates):
        return candidates
    raise routing_refusal(candidates, phone=phone, operator=wanted, operation=operation)
