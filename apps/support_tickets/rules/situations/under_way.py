"""Of payments under way."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from apps.support_tickets.rules.situations.situation import (
    ASK,
    BY_EXPIRY,
    BY_SCHEDULE,
    BY_TWO_PEOPLE,
    DECIDE,
    INSERT,
    NEVER_PROMISE,
    TELL_NOBODY_PAYS_TWICE,
    WAIT_FOR_PROVIDER,
    NextAction,
    Situation,
)

SITUATIONS: Mapping[str, Situation] = {
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
}
