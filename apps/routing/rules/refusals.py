"""Why no rail can serve a payment, each refusal with its code."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.core.money import Money
from apps.providers.contract import Operation
from apps.providers.rules.phone_numbers import PhoneNumber
from apps.routing.rules.candidates import Candidate, amount_limits


class NoRail(DomainError):
    code = "no_rail"
    status = 422
    title = "No rail serves this number in this currency."


class AmountOutOfRange(DomainError):
    code = "amount_out_of_range"
    status = 422
    title = "The rail does not take this amount."
    staff_words = _("The rail does not move such an amount at once.")


class RailClosed(DomainError):
    code = "rail_closed"
    status = 422
    title = "The rail for this number is closed at the moment."
    staff_words = _("Whoever could send this is closed by our staff. Try again later.")


class WrongOperator(DomainError):
    code = "wrong_operator"
    status = 422
    title = "This address serves the numbers of one operator."


def routing_refusal(
    candidates: list[Candidate],
    *,
    phone: PhoneNumber,
    operator: str,
    operation: Operation = Operation.COLLECT,
) -> NoRail | AmountOutOfRange | RailClosed:
    """The refusal that says best why none of these candidates was kept."""
    who = counterparty_of(operation)
    reasons = {candidate.reason for candidate in candidates}
    if reasons & {"amount too small", "amount too large"}:
        asked = [c.account for c in candidates if c.reason.startswith("amount too")]
        limits = sorted(amount_limits(account, operation) for account in asked)
        least, most = (Money(one, asked[0].currency) for one in (limits[0][0], limits[-1][1]))
        return AmountOutOfRange(f"This rail takes {least} to {most}.", field="amount")
    if "the platform's money" in reasons:
        return NoRail(
            "What you collect lies at your own account with the provider: pay out from there.",
            field="amount",
        )
    if "closed by staff" in reasons:
        if operation is Operation.DISBURSE:
            return RailClosed("Try again later.")
        return RailClosed("Try again later, or offer the payer another way to pay.")
    if "other currency" in reasons:
        served = sorted({c.account.currency for c in candidates if c.reason == "other currency"})
        verb = "pay" if who == "payer" else "are paid"
        text = f"{who.capitalize()}s in {phone.country} {verb} in {', '.join(served)}."
        return NoRail(text, field="currency")
    if not operator:
        return NoRail(
            f"The operator of this number is not known: ask the {who} and send {who}.operator.",
            field=f"{who}.operator",
        )
    return NoRail(f"No rail serves {operator} in {phone.country} yet.", field=f"{who}.phone")


def counterparty_of(operation: Operation) -> str:
    """What the request calls the person whose number it is."""
    return "payee" if operation is Operation.DISBURSE else "payer"
