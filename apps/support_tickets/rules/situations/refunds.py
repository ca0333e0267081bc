"""Of refunds."""

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
}
