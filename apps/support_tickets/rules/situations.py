"""What a case is: a closed table of situations, with what each person is told and what to do next.

`situation_of` names exactly one for any facts. What is said of money is only what is known of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.support_tickets.rules.case_facts import CaseFacts, Complaint, Disputed, Webhooks

Text = str | Promise


class NextAction(StrEnum):
    """What an agent does next, each a button: WAIT has none, ANSWER inserts the sentence."""

    ASK_PROVIDER = "ask_provider"
    SEND_WEBHOOKS_AGAIN = "send_webhooks_again"
    # Opens the page on which a refund is made; who may, and what limits hold, is said there.
    PROPOSE_REFUND = "propose_refund"
    # Opens the page on which a payment is disputed, where no word of the merchant ends it.
    OPEN_DISPUTE = "open_dispute"
    # Opens the page of the dispute that there is.
    READ_DISPUTE = "read_dispute"
    # Opens the page on which two people decide the attempt.
    DECIDE_ATTEMPT = "decide_attempt"
    # Nothing is left but to tell the customer.
    ANSWER = "answer"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Situation:
    """`payer`, `merchant` and `agent` are sentences for each; `expected` says how long it takes.

    They may name %(number)s, %(failure)s, %(expires)s and %(next_check)s.
    """

    title: Text
    payer: Text
    merchant: Text
    agent: Text
    steps: tuple[Text, ...]
    expected: Text
    action: NextAction
    # What else is right, if that is not possible.
    otherwise: NextAction | None = None


# --- Steps that several share

ASK = _("Ask the provider now; the answer is here within seconds.")
INSERT = _("Insert the sentence below as your answer, and send it.")
DECIDE = _("Open the attempt, and ask a second person to book or to close it.")
TELL_NOBODY_PAYS_TWICE = _("Tell the customer not to pay again before this is settled.")
NEVER_PROMISE = _("Promise neither a refund nor a date before it is decided.")
WAIT_FOR_PROVIDER = _("If nothing changes, set the ticket to waiting for the provider.")
GET_REFERENCE = _("Ask for the reference in the operator’s message of the debit.")

# --- How long

AT_ONCE = _("At once.")
BY_SCHEDULE = _(
    "The provider is asked again at %(next_check)s. After a day without an answer a person decides."
)
BY_TWO_PEOPLE = _("As soon as two people have decided.")
BY_EXPIRY = _("Without an answer of the payer it ends by itself at %(expires)s.")
BY_APPROVAL = _("Once others have approved it. After a day without a decision it is canceled.")
BY_OPERATOR = _("The operator shows it in the payer’s account; its own delay is not ours to know.")

# Code -> situation.
SITUATIONS: Mapping[str, Situation] = {
    # --- Payments under way
    "not_sent_yet": Situation(
        _("Not sent to the operator yet"),
        _("Nothing was sent to your operator yet, and nothing was taken."),
        _("Nothing was sent to the operator yet, and nothing was taken."),
        _("No provider has the instruction yet. Nobody can have been debited for it."),
        (_("Look again in a minute: it is sent by itself, once its payer named a number."),),
        BY_EXPIRY,
        NextAction.WAIT,
    ),
    "no_prompt": Situation(
        _("Waiting for the payer’s approval"),
        _(
            "Your operator has the request and waits for your approval. If no window appears, open"
            " your operator’s app or menu, look for the approvals that wait, and enter your secret"
            " code there. Never give that code to anybody."
        ),
        _(
            "The operator has the request and waits for the payer’s approval. Do not send a second"
            " request: the payer would be asked twice."
        ),
        _(
            "The provider accepted the request for %(number)s and reports no answer of the payer."
            " The window closes quickly on some telephones; the request waits in the operator’s"
            " menu."
        ),
        (
            _("Check that %(number)s is the payer’s own number and has a network."),
            _("Have the payer open the approvals that wait in the operator’s app or menu."),
            ASK,
        ),
        BY_EXPIRY,
        NextAction.ASK_PROVIDER,
    ),
    "page_open": Situation(
        _("Waiting on the operator’s page"),
        _(
            "Your operator’s page waits for you to approve the payment. Go back to it by the"
            " button of the payment’s page. Never give your secret code to anybody."
        ),
        _("The payer was sent to the operator’s page and has not finished there."),
        _("The payer has to finish on the operator’s page. Nothing is known of a debit."),
        (_("Have the payer open the payment’s page again and follow its button."), ASK),
        BY_EXPIRY,
        NextAction.ASK_PROVIDER,
    ),
    "number_asked": Situation(
        _("Another number may pay"),
        _(
            "The attempt failed, and as far as we know nothing was taken. Go back to the payment’s"
            " page: you can pay there by the same number or another one."
        ),
        _(
            "The attempt failed and nothing was booked. The payer may name another number on the"
            " payment’s page. A new payment is not needed."
        ),
        _(
            "The attempts before failed for certain. The payer may name another number on the"
            " payment’s page."
        ),
        (_("Have the payer open the payment’s page again and follow its button."), INSERT),
        BY_EXPIRY,
        NextAction.ANSWER,
    ),
    "authorized": Situation(
        _("Reserved and not taken"),
        _("The amount is reserved in your account and not taken yet."),
        _("The amount is reserved at the operator and not taken yet."),
        _("The provider reserved the money. Whether it is taken is not decided yet."),
        (ASK, INSERT),
        BY_SCHEDULE,
        NextAction.ASK_PROVIDER,
    ),
    "debited_not_confirmed": Situation(
        _("Perhaps debited, not confirmed"),
        _(
            "We do not know yet whether your operator took the money, and are asking it. If it did,"
            " your payment counts. Please do not pay again."
        ),
        _(
            "The outcome is not known yet; we are asking the operator. Do not ask the payer again:"
            " a webhook tells you how it ended."
        ),
        _(
            "The instruction may have reached the operator, and no answer says what came of it. It"
            " is never sent a second time."
        ),
        (ASK, INSERT, TELL_NOBODY_PAYS_TWICE, WAIT_FOR_PROVIDER),
        BY_SCHEDULE,
        NextAction.ASK_PROVIDER,
    ),
    "undecided": Situation(
        _("A person has to find out"),
        _(
            "Your operator does not say clearly what became of this payment. Our people have to"
            " clear it with the operator. Please do not pay again."
        ),
        _(
            "The operator does not say clearly what became of this payment. Our people have to"
            " clear it; a webhook tells you how it ended."
        ),
        _("The machine has given up asking, or was contradicted: two people decide the attempt."),
        (DECIDE, NEVER_PROMISE, TELL_NOBODY_PAYS_TWICE),
        BY_TWO_PEOPLE,
        NextAction.DECIDE_ATTEMPT,
    ),
    # --- Payments that ended without money
    "failed_and_debited": Situation(
        _("Ended as unpaid, perhaps debited"),
        _(
            "This payment ended as not paid, but your operator seems to have taken money. Our"
            " people have to check it. If money was taken, the payment will count."
        ),
        _(
            "This payment ended as not paid, but the operator seems to have taken money. Our people"
            " have to check it; payment.succeeded_late would tell you that it was paid."
        ),
        _("The provider, its statement or a discrepancy says that money moved. Two people decide."),
        (DECIDE, GET_REFERENCE, NEVER_PROMISE),
        BY_TWO_PEOPLE,
        NextAction.DECIDE_ATTEMPT,
    ),
    "said_to_be_debited": Situation(
        _("Ended as unpaid, said to be debited"),
        _(
            "As far as we know this payment was not made. We are asking your operator once more. If"
            " money was taken, send us the reference in the operator’s message."
        ),
        _(
            "As far as we know this payment was not made. We are asking the operator once more;"
            " payment.succeeded_late would tell you that it was paid."
        ),
        _(
            "Nothing we have shows a debit, and the payer says there was one. The provider is asked"
            " about ended attempts too; if it says otherwise now, two people decide."
        ),
        (ASK, GET_REFERENCE, INSERT),
        AT_ONCE,
        NextAction.ASK_PROVIDER,
    ),
    "number_unknown": Situation(
        _("The number has no account"),
        _(
            "The number %(number)s has no mobile-money account with this operator. Nothing was"
            " taken. Start again with the number of your account."
        ),
        _("The number has no account with this operator. Ask the payer for another one."),
        _(
            "The operator knows no wallet of %(number)s: a typing error, or a number of another"
            " operator."
        ),
        (_("Have the payer read the number aloud and compare it."), INSERT),
        AT_ONCE,
        NextAction.ANSWER,
    ),
    "failed": Situation(
        _("Not paid"),
        _("%(failure)s The payment was not made. You may start a new one."),
        _("%(failure)s Nothing was booked. The payer may be asked again by a new payment."),
        _("%(failure)s Nothing that we have shows a debit."),
        (_("Read the operator’s own words in the timeline."), INSERT),
        AT_ONCE,
        NextAction.ANSWER,
    ),
    "expired_unanswered": Situation(
        _("Its time is over, still being watched"),
        _(
            "You did not confirm in time, so the payment does not count. If your operator takes the"
            " money all the same, we learn of it and the payment counts after all."
        ),
        _(
            "The payer did not confirm in time. We keep asking the operator; a late payment would"
            " be told as payment.succeeded_late."
        ),
        _("Nobody answered in time. The attempt is open at the provider and still asked about."),
        (ASK, INSERT),
        BY_SCHEDULE,
        NextAction.ASK_PROVIDER,
    ),
    "expired": Situation(
        _("Its time is over"),
        _("The payment was not confirmed in time and was not made. You may start a new one."),
        _("The payer did not confirm in time. Nothing was booked."),
        _("Its time was over, and no attempt of it is open any more."),
        (INSERT,),
        AT_ONCE,
        NextAction.ANSWER,
    ),
    "canceled": Situation(
        _("Canceled"),
        _("The shop canceled this payment before anything was sent. Nothing was taken."),
        _("You canceled this payment before anything was sent to an operator."),
        _("Canceled before anything was sent. Nobody can have been debited for it."),
        (_("If the payer shows a debit, look for another payment of the same number."), INSERT),
        AT_ONCE,
        NextAction.ANSWER,
    ),
    # --- Payments that were paid
    "contradicted": Situation(
        _("Paid, and the provider says otherwise"),
        _("Your payment counts. We are clearing one point of it with your operator."),
        _(
            "This payment is booked, but the operator said something else since. Our people have to"
            " clear it; until then it cannot be refunded."
        ),
        _("The provider contradicts a payment that is booked. Two people decide."),
        (DECIDE, NEVER_PROMISE),
        BY_TWO_PEOPLE,
        NextAction.DECIDE_ATTEMPT,
    ),
    "paid_twice": Situation(
        _("Paid twice"),
        _(
            "We received more than one payment of yours to this shop within a day, for the same"
            " amount or order. If one was not owed, ask the shop to have it refunded."
        ),
        _(
            "The same payer paid you the same amount or reference more than once within a day."
            " Refund what was not owed."
        ),
        _(
            "Another payment of the same number to the same merchant succeeded within a day, of the"
            " same amount or reference. It may be right: two tickets, two passengers."
        ),
        (
            _("Compare both payments with the merchant’s order."),
            _("With the merchant’s word, refund the one that was not owed."),
            INSERT,
        ),
        BY_OPERATOR,
        NextAction.PROPOSE_REFUND,
        otherwise=NextAction.OPEN_DISPUTE,
    ),
    "wrong_number": Situation(
        _("Paid by another number than meant"),
        _(
            "The payment was approved on %(number)s. Only the shop can have it given back, and only"
            " to that number: ask it."
        ),
        _(
            "The payment was approved on %(number)s, and its payer says that this was a mistake."
            " A refund goes back to that number."
        ),
        _(
            "The request went to %(number)s, and that telephone approved it. A refund goes to the"
            " same number and to no other."
        ),
        (
            _("Compare %(number)s with the number of the order."),
            _("Get the merchant’s word before refunding."),
            INSERT,
        ),
        BY_OPERATOR,
        NextAction.PROPOSE_REFUND,
        otherwise=NextAction.OPEN_DISPUTE,
    ),
    "disputed": Situation(
        _("Disputed"),
        _(
            "This payment is disputed. Its amount is set aside until the dispute is decided, and"
            " is not refunded before."
        ),
        _(
            "This payment is disputed, and what is disputed is held in your balance: it cannot be"
            " refunded. Answer the dispute before its date."
        ),
        _("A dispute of this payment is open. What is disputed is held, and cannot be refunded."),
        (
            _("Open the dispute: it says for whom it waits, and until when."),
            NEVER_PROMISE,
            INSERT,
        ),
        _("As soon as the dispute is decided."),
        NextAction.READ_DISPUTE,
    ),
    "dispute_lost": Situation(
        _("Given back by a dispute"),
        _(
            "A dispute of this payment was decided for you. Your operator or bank gives back what"
            " was decided; ask it if you do not see it."
        ),
        _(
            "A dispute of this payment was lost: what was decided is gone from your balance. Do not"
            " refund the same once more."
        ),
        _(
            "A dispute was decided for the payer, who has the money from the operator or the bank."
            " A refund of the same would be given twice."
        ),
        (_("Compare what was lost with what the customer asks for."), INSERT),
        BY_OPERATOR,
        NextAction.READ_DISPUTE,
    ),
    "all_is_well": Situation(
        _("Paid"),
        _("Your payment has arrived and is confirmed to the shop."),
        _("The payment is confirmed and booked in your balance."),
        _("Paid, booked, and nobody contradicts it."),
        (INSERT,),
        AT_ONCE,
        NextAction.ANSWER,
    ),
    # --- Webhooks
    "webhook_not_received": Situation(
        _("The merchant’s server did not take the news"),
        _("Your payment is known to us. The shop’s system has not taken our message yet."),
        _(
            "Your server refused our webhook or did not answer it in time. Its last answer stands"
            " in your list of deliveries; once it is mended, the webhook can be sent again."
        ),
        _("Deliveries of this to the merchant’s endpoint fail. The timeline has the last answer."),
        (
            _("Read the last answer of the merchant’s server in the timeline."),
            _("Once the server is mended, send the webhooks again."),
            INSERT,
        ),
        AT_ONCE,
        NextAction.SEND_WEBHOOKS_AGAIN,
    ),
    "webhook_stopped": Situation(
        _("The merchant’s endpoint is stopped"),
        _("Your payment is known to us. The shop’s system does not take our messages now."),
        _(
            "Your endpoint is paused or switched off, so nothing is sent to it. Resume it:"
            " what waits is sent then."
        ),
        _("The merchant’s endpoint is paused or switched off: nothing can be sent to it."),
        (_("Have the merchant mend the server and resume the endpoint."), INSERT),
        _("As soon as the endpoint is resumed."),
        NextAction.ANSWER,
    ),
    "webhook_delivered": Situation(
        _("The merchant’s server took the news"),
        _("The shop’s system has been told of your payment."),
        _(
            "Your server answered our webhook with a success. If your system missed it, look for"
            " the event’s id in your log, or have the event sent again."
        ),
        _("The merchant’s server answered 2xx. The timeline says when."),
        (_("Give the merchant the event’s id from the timeline."), INSERT),
        AT_ONCE,
        NextAction.SEND_WEBHOOKS_AGAIN,
    ),
    "webhook_under_way": Situation(
        _("The news is on its way"),
        _("Your payment is known to us, and the shop’s system is being told."),
        _("The webhook is on its way to your server."),
        _("The delivery waits for its first try."),
        (_("Look again in a minute."),),
        AT_ONCE,
        NextAction.WAIT,
    ),
    "webhook_not_wanted": Situation(
        _("No endpoint was to be told"),
        _("Your payment is known to us. The shop looks it up in its own system."),
        _(
            "No endpoint of yours wanted this event when it happened. Create one or widen its"
            " types; past events can be replayed to it."
        ),
        _("There is no delivery: no endpoint of the merchant was subscribed in this mode."),
        (_("Compare the mode, test or live, and the types that the endpoint names."), INSERT),
        AT_ONCE,
        NextAction.ANSWER,
    ),
    # --- Refunds
    "refund_waits_for_approval": Situation(
        _("The refund waits for approval"),
        _("Your refund is not sent yet: it still has to be approved."),
        _("A rule demands that others approve this refund first. Nothing is sent yet."),
        _("It waits in the approval requests; nobody has sent anything."),
        (NEVER_PROMISE,),
        BY_APPROVAL,
        NextAction.WAIT,
    ),
    "refund_canceled": Situation(
        _("The refund was canceled"),
        _("No refund was sent. The shop can make another."),
        _("This refund was not approved, or you canceled it. Nothing was sent."),
        _("It was not approved, or the merchant took it back: nothing was sent."),
        (_("The timeline says which of the two it was."), INSERT),
        AT_ONCE,
        NextAction.ANSWER,
    ),
    "refund_under_way": Situation(
        _("The refund is under way"),
        _("Your refund is with your operator and not confirmed yet."),
        _("The refund is with the operator and not confirmed yet."),
        _("The refund is being sent, or the provider has it and has not confirmed it yet."),
        (ASK, INSERT),
        BY_SCHEDULE,
        NextAction.ASK_PROVIDER,
    ),
    "refund_not_confirmed": Situation(
        _("The refund is not confirmed"),
        _(
            "We do not know yet whether your operator credited the refund, and are asking it. It is"
            " never sent twice."
        ),
        _("The outcome of the refund is not known yet; we are asking the operator."),
        _("The refund may have been sent, and no answer says what came of it."),
        (ASK, INSERT, WAIT_FOR_PROVIDER),
        BY_SCHEDULE,
        NextAction.ASK_PROVIDER,
    ),
    "refund_undecided": Situation(
        _("A person has to find out about the refund"),
        _("Our people have to clear your refund with the operator."),
        _("Our people have to clear this refund with the operator. Its amount stays set aside."),
        _("The provider says nothing clear of this refund: two people decide."),
        (DECIDE, NEVER_PROMISE),
        BY_TWO_PEOPLE,
        NextAction.DECIDE_ATTEMPT,
    ),
    "refund_failed": Situation(
        _("The refund failed"),
        _("The refund could not be credited. The shop can send it again."),
        _("%(failure)s Nothing was given back; the amount is in your balance again."),
        _("%(failure)s Nothing was given back, and the amount is in the balance again."),
        (
            _("Clear with the payer whether the account can receive."),
            _("With the merchant’s word, refund once more."),
            INSERT,
        ),
        AT_ONCE,
        NextAction.PROPOSE_REFUND,
    ),
    "refund_arrived": Situation(
        _("The refund was credited"),
        _(
            "Your operator confirmed the refund to %(number)s. If you do not see it, look at the"
            " list of your transactions, or ask your operator with its reference."
        ),
        _("The operator confirmed the refund to %(number)s."),
        _("The provider confirmed the refund; its reference stands in the timeline."),
        (_("Give the payer the provider’s reference from the timeline."), INSERT),
        BY_OPERATOR,
        NextAction.ANSWER,
    ),
    # --- Payouts
    "payout_waits_for_approval": Situation(
        _("The payout waits for approval"),
        _("The money is not sent yet: it still has to be approved."),
        _("A rule demands that others approve this payout first. Nothing is sent yet."),
        _("It waits in the approval requests; nobody has sent anything."),
        (NEVER_PROMISE,),
        BY_APPROVAL,
        NextAction.WAIT,
    ),
    "payout_canceled": Situation(
        _("The payout was canceled"),
        _("No money was sent. Whoever wanted to send it can do so again."),
        _("This payout was not approved, or you canceled it. Nothing was sent."),
        _("It was not approved, or the merchant took it back: nothing was sent."),
        (_("The timeline says which of the two it was."), INSERT),
        AT_ONCE,
        NextAction.ANSWER,
    ),
    "payout_under_way": Situation(
        _("The payout is under way"),
        _("The money is with your operator and not confirmed yet."),
        _("The payout is with the operator and not confirmed yet."),
        _("The payout is being sent, or the provider has it and has not confirmed it yet."),
        (ASK, INSERT),
        BY_SCHEDULE,
        NextAction.ASK_PROVIDER,
    ),
    "payout_not_confirmed": Situation(
        _("The payout is not confirmed"),
        _("We do not know yet whether your operator credited the money, and are asking it."),
        _(
            "The outcome of the payout is not known yet; we are asking the operator. Do not pay it"
            " again."
        ),
        _("The payout may have been sent, and no answer says what came of it."),
        (ASK, INSERT, WAIT_FOR_PROVIDER),
        BY_SCHEDULE,
        NextAction.ASK_PROVIDER,
    ),
    "payout_undecided": Situation(
        _("A person has to find out about the payout"),
        _("Our people have to clear this payment to you with the operator."),
        _("Our people have to clear this payout with the operator. Its amount stays set aside."),
        _("The provider says nothing clear of this payout: two people decide."),
        (DECIDE, NEVER_PROMISE),
        BY_TWO_PEOPLE,
        NextAction.DECIDE_ATTEMPT,
    ),
    "payout_failed": Situation(
        _("The payout failed"),
        _("The money could not be credited. Whoever sent it can send it again."),
        _("%(failure)s Nothing was sent; the amount is in your balance again."),
        _("%(failure)s Nothing was sent, and the amount is in the balance again."),
        (INSERT,),
        AT_ONCE,
        NextAction.ANSWER,
    ),
    "payout_to_wrong_number": Situation(
        _("Paid out to another number than meant"),
        _("The money went to %(number)s, as whoever sent it had ordered."),
        _(
            "The operator credited %(number)s, the number you gave. It cannot be taken back by us:"
            " ask its holder, or your operator, with the reference."
        ),
        _("The provider credited the number that the merchant gave. No rail takes it back."),
        (
            _("Compare %(number)s with the merchant’s order."),
            _("Give the merchant the provider’s reference from the timeline."),
            INSERT,
        ),
        BY_OPERATOR,
        NextAction.ANSWER,
    ),
    "payout_arrived": Situation(
        _("The payout was credited"),
        _("Your operator confirmed the credit to %(number)s."),
        _("The operator confirmed the credit to %(number)s."),
        _("The provider confirmed the payout; its reference stands in the timeline."),
        (_("Give the provider’s reference from the timeline."), INSERT),
        BY_OPERATOR,
        NextAction.ANSWER,
    ),
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
