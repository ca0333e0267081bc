"""Of payments that were paid."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from apps.support_tickets.rules.situations.situation import (
    AT_ONCE,
    BY_OPERATOR,
    BY_TWO_PEOPLE,
    DECIDE,
    INSERT,
    NEVER_PROMISE,
    NextAction,
    Situation,
)

SITUATIONS: Mapping[str, Situation] = {
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
}
