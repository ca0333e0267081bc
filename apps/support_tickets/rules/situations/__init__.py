"""What a case is: a closed table of situations, with what each person is told and what to do next.

`situation_code` names exactly one for any facts. What is said of money is only what is known of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from apps.support_tickets.rules.case_facts import CaseFacts, Complaint, Disputed, Webhooks
from apps.support_tickets.rules.situations import (
    paid,
    payouts,
    refunds,
    under_way,
    unpaid,
    webhooks,
)
from apps.support_tickets.rules.situations.situation import NextAction, Situation

__all__ = ["SITUATIONS", "NextAction", "Situation", "situation_code"]

# Code -> situation.
SITUATIONS: Mapping[str, Situation] = {
    **under_way.SITUATIONS,
    **unpaid.SITUATIONS,
    **paid.SITUATIONS,
    **webhooks.SITUATIONS,
    **refunds.SITUATIONS,
    **payouts.SITUATIONS,
}

# How webhooks stand -> the situation, when that is what is complained of.
OF_WEBHOOKS: Mapping[Webhooks, str] = {
    Webhooks.FAILING: "webhook_not_received",
    Webhooks.STOPPED: "webhook_stopped",
    Webhooks.DELIVERED: "webhook_delivered",
    Webhooks.UNDER_WAY: "webhook_under_way",
    Webhooks.NOT_WANTED: "webhook_not_wanted",
}


def situation_code(facts: CaseFacts) -> str:
    """The one situation that these facts are, a key of SITUATIONS."""
    if facts.owner_type != "payment":
        return _of_outgoing(facts)
    if facts.complaint == Complaint.WEBHOOK:
        return OF_WEBHOOKS[facts.webhooks]
    if facts.status == "succeeded":
        return _of_paid(facts)
    if facts.status in {"failed", "expired", "canceled"}:
        return _of_unpaid(facts)
    return _of_open(facts)


def _of_open(facts: CaseFacts) -> str:
    if facts.needs_person or facts.is_contradicted:
        return "undecided"
    if facts.status == "verifying":
        return "debited_not_confirmed"
    if facts.status == "authorized":
        return "authorized"
    if not facts.was_sent:
        return "not_sent_yet"
    if facts.status == "requires_action" and not facts.is_open:
        # What was sent failed, and the payment goes on: its payer says which number pays.
        return "said_to_be_debited" if facts.complaint == Complaint.DEBITED else "number_asked"
    is_page = facts.status == "requires_action" or facts.approval == "redirect"
    return "page_open" if is_page else "no_prompt"


def _of_unpaid(facts: CaseFacts) -> str:
    if facts.needs_person or facts.is_contradicted:
        return "failed_and_debited"
    if facts.status == "expired" and facts.is_open:
        return "expired_unanswered"
    if facts.complaint == Complaint.DEBITED and facts.was_sent:
        return "said_to_be_debited"
    if facts.status in {"expired", "canceled"}:
        return facts.status
    return "number_unknown" if facts.failure_code == "payer_not_found" else "failed"


def _of_paid(facts: CaseFacts) -> str:
    if facts.needs_person or facts.is_contradicted:
        return "contradicted"
    if facts.refund is not None and not _is_over(facts.refund):
        return _of_outgoing(facts.refund)
    if facts.disputed != Disputed.NOT:
        return "disputed" if facts.disputed == Disputed.OPEN else "dispute_lost"
    if facts.refund is not None:
        return _of_outgoing(facts.refund)
    if facts.is_paid_twice:
        return "paid_twice"
    if facts.complaint == Complaint.WRONG_NUMBER:
        return "wrong_number"
    if facts.webhooks in {Webhooks.FAILING, Webhooks.STOPPED}:
        return OF_WEBHOOKS[facts.webhooks]
    return "all_is_well"


def _is_over(facts: CaseFacts) -> bool:
    is_clear = not facts.needs_person and not facts.is_contradicted
    return is_clear and facts.status in {"succeeded", "failed", "canceled"}


def _of_outgoing(facts: CaseFacts) -> str:
    """A refund's or a payout's: both end alike."""
    kind = facts.owner_type
    if facts.needs_person or facts.is_contradicted:
        return f"{kind}_undecided"
    if facts.status == "succeeded":
        is_wrong = kind == "payout" and facts.complaint == Complaint.WRONG_NUMBER
        return "payout_to_wrong_number" if is_wrong else f"{kind}_arrived"
    if facts.status in {"failed", "canceled"}:
        return f"{kind}_{facts.status}"
    if facts.status == "needs_approval":
        return f"{kind}_waits_for_approval"
    return f"{kind}_not_confirmed" if facts.status == "verifying" else f"{kind}_under_way"
