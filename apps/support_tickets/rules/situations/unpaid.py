"""Of payments that ended without money."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from apps.support_tickets.rules.situations.situation import (
    ASK,
    AT_ONCE,
    BY_SCHEDULE,
    BY_TWO_PEOPLE,
    DECIDE,
    GET_REFERENCE,
    INSERT,
    NEVER_PROMISE,
    NextAction,
    Situation,
)

SITUATIONS: Mapping[str, Situation] = {
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
}
