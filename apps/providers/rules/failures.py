"""Why a payment failed: the closed list, with a sentence for each person who asks."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.providers.contract import FailureCode


@dataclass(frozen=True, slots=True)
class Failure:
    """Three voices: what the payer, the merchant and the support agent are told."""

    payer: str | Promise
    merchant: str | Promise
    agent: str | Promise


FAILURES: dict[FailureCode, Failure] = {
    FailureCode.PAYER_DECLINED: Failure(
        _("You declined the payment."),
        _("The payer declined."),
        _("The payer refused the prompt on the phone."),
    ),
    FailureCode.PAYER_TIMED_OUT: Failure(
        _("The payment was not confirmed in time."),
        _("The payer did not confirm in time."),
        _("The prompt was not answered. A late approval is still booked."),
    ),
    FailureCode.PAYER_NOT_FOUND: Failure(
        _("This number has no mobile-money account with this operator."),
        _("The number has no account with this operator."),
        _("No wallet on this number. It may have moved to another operator."),
    ),
    FailureCode.PAYER_BLOCKED: Failure(
        _("Your mobile-money account cannot pay. Ask your operator."),
        _("The payer's account is blocked."),
        _("The operator blocks the payer's account."),
    ),
    FailureCode.INSUFFICIENT_FUNDS: Failure(
        _("Your balance is too low."),
        _("The payer's balance is too low."),
        _("Insufficient balance at the operator."),
    ),
    FailureCode.LIMIT_REACHED: Failure(
        _("You have reached your operator's limit."),
        _("The payer reached a limit of the operator."),
        _("A daily, monthly or balance limit of the operator."),
    ),
    FailureCode.PAYEE_BLOCKED: Failure(
        _("The merchant cannot receive payments now."),
        _("The operator does not let this account receive."),
        _("Our account at the operator may not receive: tell operations."),
    ),
    FailureCode.PROVIDER_DECLINED: Failure(
        _("The operator declined the payment."),
        _("The operator declined without a reason we know."),
        _("See the operator's own words in the attempt."),
    ),
    FailureCode.PROVIDER_UNAVAILABLE: Failure(
        _("The operator could not be reached. You were not debited."),
        _("The operator could not be reached; nothing was sent. Try again."),
        _("Proved: no instruction reached the operator."),
    ),
    FailureCode.CONFIGURATION: Failure(
        _("The payment cannot be made now. You were not debited."),
        _("Our connection to the operator is misconfigured: it is ours to mend."),
        _("Our credentials or settings at the operator were refused: tell operations."),
    ),
}
