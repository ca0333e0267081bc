from __future__ import annotations

from uuid import UUID

from apps.core.errors import DomainError
from apps.core.money import Money
from apps.providers.routing import Candidate, all_accounts, amount_limits, find_candidates
from apps.providers.rules.phone_numbers import PhoneNumber


class NoRail(DomainError):
    code = "no_rail"
    status = 422
    title = "No rail serves this number in this currency."


class AmountOutOfRange(DomainError):
    code = "amount_out_of_range"
    status = 422
    title = "The rail does not take this amount."


class RailClosed(DomainError):
    code = "rail_closed"
    status = 422
    title = "The rail for this number is closed at the moment."


class WrongOperator(DomainError):
    code = "wrong_operator"
    status = 422
    title = "This address serves the numbers of one operator."


def find_rails(
    *,
    merchant_id: UUID,
    livemode: bool,
    phone: PhoneNumber,
    operator: str = "",
    only_operator: str = "",
    money: Money,
) -> list[Candidate]:
    """Every account of the number's country, the usable ones first and best first; at least one.

    No query but for accounts remembered longer than a second.

    Args:
        operator: whose wallet it is, "" to go by the number.
        only_operator: refuse a number that is known to be another operator's.

    Raises:
        WrongOperator, NoRail, AmountOutOfRange, RailClosed.
    """
    if only_operator and phone.operator not in ("", only_operator):
        raise WrongOperator(
            f"This is a number of {phone.operator}. If its wallet is at {only_operator} all the"
            " same, send it to /api/v1/payments with payer.operator.",
            field="payer.phone",
        )
    wanted = operator or only_operator or phone.operator
    candidates = find_candidates(
        accounts=all_accounts(),
        merchant_id=merchant_id,
        livemode=livemode,
        country=phone.country,
        operator=wanted,
        money=money,
    )
    if any(not candidate.reason for candidate in candidates):
        return candidates
    raise why_no_rail(candidates, phone=phone, operator=wanted)


def why_no_rail(
    candidates: list[Candidate], *, phone: PhoneNumber, operator: str
) -> NoRail | AmountOutOfRange | RailClosed:
    """The refusal that says best why none of these candidates was kept."""
    reasons = {candidate.reason for candidate in candidates}
    if reasons & {"amount too small", "amount too large"}:
        asked = [c.account for c in candidates if c.reason.startswith("amount too")]
        limits = sorted(amount_limits(account) for account in asked)
        return AmountOutOfRange(
            f"This rail takes {limits[0][0]} to {limits[-1][1]} {asked[0].currency}.",
            field="amount",
        )
    if "closed by staff" in reasons:
        return RailClosed("Try again later, or offer the payer another way to pay.")
    if "other currency" in reasons:
        served = sorted({c.account.currency for c in candidates if c.reason == "other currency"})
        return NoRail(f"Payers in {phone.country} pay in {', '.join(served)}.", field="currency")
    if not operator:
        return NoRail(
            "The operator of this number is not known: ask the payer and send payer.operator.",
            field="payer.operator",
        )
    return NoRail(f"No rail serves {operator} in {phone.country} yet.", field="payer.phone")
