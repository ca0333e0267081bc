"""What a situation says to whom, and the sentences that several share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

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
