"""What a line's failure means: who has to do what, and whether sending it again may help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.providers.contract import FailureCode
from apps.providers.rules.failures import FAILURES

# Its number cannot be decrypted.
UNREADABLE = "line_unreadable"
# Of a retry: the payout that had failed was sent after all.
PAID_MEANWHILE = "paid_meanwhile"


class Actor(StrEnum):
    """Who has to act before it can succeed."""

    MERCHANT = "merchant"
    PAYEE = "payee"
    PLATFORM = "platform"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class LineFailure:
    """`may_heal`: the same line, sent again as it is, may succeed."""

    sentence: str | Promise
    actor: Actor
    action: str | Promise
    may_heal: bool


ASK_PAYEE = _("Ask the payee to speak to the operator, then send it again.")
CORRECT_NUMBER = _("Ask the payee for the right number, and send it in a new batch.")
SEND_AGAIN = _("Send it again later.")
OURS = _("We mend it, then it can be sent again.")

# Of payouts: their sentences are those merchants read of a single one.
_OF_PAYOUTS: Mapping[FailureCode, tuple[Actor, str | Promise, bool]] = {
    FailureCode.PAYEE_NOT_FOUND: (Actor.MERCHANT, CORRECT_NUMBER, False),
    FailureCode.PAYEE_CANNOT_RECEIVE: (Actor.PAYEE, ASK_PAYEE, True),
    FailureCode.PAYEE_LIMIT_REACHED: (Actor.PAYEE, _("Send it again tomorrow, or less."), True),
    FailureCode.LIMIT_REACHED: (Actor.NOBODY, SEND_AGAIN, True),
    FailureCode.INSUFFICIENT_FUNDS: (Actor.PLATFORM, OURS, True),
    FailureCode.MERCHANT_ACCOUNT_BLOCKED: (Actor.PLATFORM, OURS, True),
    FailureCode.PROVIDER_DECLINED: (
        Actor.MERCHANT,
        _("Ask the payee whether the account works, then send it again."),
        True,
    ),
    FailureCode.PROVIDER_UNAVAILABLE: (Actor.NOBODY, SEND_AGAIN, True),
    FailureCode.CONFIGURATION: (Actor.PLATFORM, OURS, True),
}

LINE_FAILURES: Mapping[str, LineFailure] = {
    **{
        code.value: LineFailure(
            _("The operator’s float for payouts was too low.")
            if code is FailureCode.INSUFFICIENT_FUNDS
            else FAILURES[code].merchant,
            *rest,
        )
        for code, rest in _OF_PAYOUTS.items()
    },
    "no_rail": LineFailure(
        _("No rail pays this number in this currency."), Actor.MERCHANT, CORRECT_NUMBER, False
    ),
    "wrong_operator": LineFailure(
        _("The number is another operator’s."), Actor.MERCHANT, CORRECT_NUMBER, False
    ),
    "invalid_phone_number": LineFailure(
        _("This is no phone number."), Actor.MERCHANT, CORRECT_NUMBER, False
    ),
    "legacy_phone_number": LineFailure(
        _("The number is of an old numbering."), Actor.MERCHANT, CORRECT_NUMBER, False
    ),
    "amount_out_of_range": LineFailure(
        _("The rail does not take this amount."),
        Actor.MERCHANT,
        _("Send another amount, in a new batch."),
        False,
    ),
    "rail_closed": LineFailure(
        _("The rail was closed when its turn came."), Actor.NOBODY, SEND_AGAIN, True
    ),
    PAID_MEANWHILE: LineFailure(
        _("The first payout was sent after all: the payee has the money."),
        Actor.NOBODY,
        _("Nothing is to be done."),
        False,
    ),
    UNREADABLE: LineFailure(
        _("The number could not be read."),
        Actor.PLATFORM,
        _("Tell us, and send it in a new batch."),
        False,
    ),
}

# What has no words of its own.
UNKNOWN = LineFailure(
    FAILURES[FailureCode.PROVIDER_DECLINED].merchant,
    *_OF_PAYOUTS[FailureCode.PROVIDER_DECLINED],
)

MAY_HEAL = tuple(code for code, failure in LINE_FAILURES.items() if failure.may_heal)


def failure_of(code: str) -> LineFailure:
    return LINE_FAILURES.get(code, UNKNOWN)
