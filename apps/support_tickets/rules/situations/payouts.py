"""Of payouts."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from apps.support_tickets.rules.situations.situation import (
    ASK,
    AT_ONCE,
    BY_APPROVAL,
    BY_OPERATOR,
    BY_SCHEDULE,
    BY_TWO_PEOPLE,
    DECIDE,
    INSERT,
    NEVER_PROMISE,
    WAIT_FOR_PROVIDER,
    NextAction,
    Situation,
)

SITUATIONS: Mapping[str, Situation] = {
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
