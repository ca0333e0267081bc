"""What a provider's reply means: pure functions of what we know and what it said."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from apps.orchestration.models import Attempt, AttemptStatus
from apps.providers.contract import (
    ConnectorError,
    FailureCode,
    NotSent,
    Outcome,
    ProviderBusy,
    ProviderMisbehaved,
    ProviderResult,
    ReferenceUnknown,
)

ReplyOrError = ProviderResult | ConnectorError


class NotAsked(ConnectorError):
    """We could not even put the question (a number or credentials that do not open)."""


@dataclass(frozen=True, slots=True)
class ProviderReply:
    """What was said of one attempt. `is_submission`: it answers the order itself. `was_over`:
    the attempt had ended when the question was put.
    """

    attempt_id: UUID
    owner_type: str
    owner_id: UUID
    answer: ReplyOrError
    source: str
    is_submission: bool = False
    was_over: bool = False

    @classmethod
    def of(
        cls,
        attempt: Attempt,
        answer: ReplyOrError,
        source: str,
        *,
        is_submission: bool = False,
        was_over: bool = False,
    ) -> ProviderReply:
        owner = attempt.owner_type, attempt.owner_id
        return cls(attempt.pk, *owner, answer, source, is_submission, was_over)


@dataclass(frozen=True, slots=True)
class Expected:
    """What we instructed, to compare the answer with. `is_submission`: the call was the order."""

    amount: int
    currency: str
    counterparty: str
    is_submission: bool
    # The provider has had time to know our reference.
    grace_is_over: bool
    # It has been asked for a day: an expiry can be believed.
    is_old: bool
    # It once acknowledged our reference, or answered for it wrongly: it has heard of it.
    was_answered: bool = False
    # The same reference may be sent again, so "busy" needs no verifying.
    is_repeat_safe: bool = False
    # It was sent again under the same reference: what the first order met proves nothing.
    was_repeated: bool = False
    # The attempt had ended when the provider was asked: the answer is younger than the end.
    was_over: bool = False
    # The account still has the credentials the order was sent with.
    same_credentials: bool = True
    # What it answered before that did not agree, where "failed" alone is no end then; else "".
    contradiction: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with an attempt. `status` None: it stays as it is.

    `contradiction` non-empty: a person must look, and the answer changes no money.
    `failure_code` without a move is "payer_timed_out": the provider stopped waiting; the payment
    expires, the attempt stays open because a late success is possible.
    `ask_soon`: sooner than an attempt of this age is usually asked about.
    """

    status: AttemptStatus | None = None
    failure_code: str = ""
    contradiction: str = ""
    needs_person: bool = False
    ask_soon: bool = False


_BY_OUTCOME = {
    Outcome.PENDING: AttemptStatus.PENDING,
    Outcome.REQUIRES_ACTION: AttemptStatus.REQUIRES_ACTION,
    Outcome.AUTHORIZED: AttemptStatus.AUTHORIZED,
    Outcome.SUCCEEDED: AttemptStatus.SUCCEEDED,
    Outcome.FAILED: AttemptStatus.FAILED,
}

# ReplyOrError never takes an attempt back: "pending" after "requires action" is nothing new.
_RANK = {
    AttemptStatus.CREATED: 0,
    AttemptStatus.SUBMITTED: 1,
    AttemptStatus.UNKNOWN: 1,
    AttemptStatus.PENDING: 2,
    AttemptStatus.REQUIRES_ACTION: 3,
    AttemptStatus.AUTHORIZED: 4,
}

THEN_FAILED = ", then failed"

_FINAL = {AttemptStatus.SUCCEEDED, AttemptStatus.FAILED, AttemptStatus.NOT_SENT}


def judge_reply(status: AttemptStatus, answer: ReplyOrError, expected: Expected) -> Decision:
    """What this answer means for an attempt in this status."""
    if isinstance(answer, ProviderResult):
        return _judge_result(status, answer, expected)
    if status in _FINAL or status == AttemptStatus.CREATED:
        return Decision()
    if expected.is_submission:
        if isinstance(answer, ProviderBusy) and expected.is_repeat_safe:
            return Decision(ask_soon=True)
        if status != AttemptStatus.SUBMITTED:
            # A query was quicker and knows better.
            return Decision()
        if isinstance(answer, NotSent) and expected.was_repeated:
            # The repeat may have arrived, and its answer is still to come.
            return Decision()
        if isinstance(answer, NotSent):
            return Decision(AttemptStatus.NOT_SENT, failure_code=answer.failure_code or "")
        return Decision(AttemptStatus.UNKNOWN, needs_person=isinstance(answer, ProviderMisbehaved))
    # Under other credentials it says nothing of what was sent.
    is_believed = expected.grace_is_over and expected.same_credentials
    if isinstance(answer, ReferenceUnknown) and is_believed:
        maybe_sent = status in {AttemptStatus.SUBMITTED, AttemptStatus.UNKNOWN}
        if expected.was_answered or not maybe_sent:
            return Decision(contradiction="the provider no longer knows what it acknowledged")
        return Decision(AttemptStatus.NOT_SENT)
    # Nothing new: the query did not get through, or its answer proves nothing. Nonsense from the
    # provider takes away even what we thought we knew.
    is_nonsense = isinstance(answer, ProviderMisbehaved | NotAsked)
    is_unsure = status == AttemptStatus.SUBMITTED or is_nonsense
    return Decision(
        AttemptStatus.UNKNOWN if is_unsure and status != AttemptStatus.UNKNOWN else None,
        needs_person=is_nonsense,
    )


def _judge_result(status: AttemptStatus, result: ProviderResult, expected: Expected) -> Decision:
    difference = _difference(result, expected)
    if status in _FINAL:
        told = _BY_OUTCOME[result.outcome]
        # An open outcome is an old answer: the query was quicker than the answer to the order. It
        # is more after "not sent", for nothing should be there, and where we asked after "failed".
        is_alive = status == AttemptStatus.NOT_SENT or (
            status == AttemptStatus.FAILED and expected.was_over
        )
        is_old_answer = told == status or (told in _RANK and not is_alive)
        if is_old_answer and not difference:
            return Decision()
        return Decision(contradiction=difference or f"{status}, then {told}", needs_person=True)
    if status == AttemptStatus.CREATED:
        return Decision(contradiction="answered for before it was sent", needs_person=True)
    if difference:
        unknown = AttemptStatus.UNKNOWN if status != AttemptStatus.UNKNOWN else None
        return Decision(unknown, contradiction=difference, needs_person=True)
    timed_out = result.failure_code == FailureCode.PAYER_TIMED_OUT
    is_given_up = result.outcome is Outcome.FAILED and (timed_out or result.may_yet_succeed)
    if is_given_up and not expected.is_old:
        # They stopped waiting; the payer may yet have approved, the payee be paid. Keep asking.
        acknowledged = status in {AttemptStatus.SUBMITTED, AttemptStatus.UNKNOWN}
        return Decision(
            AttemptStatus.PENDING if acknowledged else None,
            failure_code=FailureCode.PAYER_TIMED_OUT if timed_out else "",
        )
    told = _BY_OUTCOME[result.outcome]
    if told in _RANK and _RANK[told] <= _RANK[status]:
        return Decision()
    if told == AttemptStatus.FAILED and expected.contradiction:
        # It spoke of other money before: that may have moved, whatever it says of ours.
        text = f"{expected.contradiction.removesuffix(THEN_FAILED)}{THEN_FAILED}"
        return Decision(contradiction=text, needs_person=True)
    failure = ""
    if told == AttemptStatus.FAILED:
        failure = result.failure_code or FailureCode.PROVIDER_DECLINED
    return Decision(told, failure_code=failure)


def _difference(result: ProviderResult, expected: Expected) -> str:
    if result.amount is not None and result.amount != expected.amount:
        return f"amount {result.amount} instead of {expected.amount}"
    if result.currency and result.currency != expected.currency:
        return f"currency {result.currency} instead of {expected.currency}"
    if (
        result.counterparty
        and expected.counterparty
        and result.counterparty != expected.counterparty
    ):
        return "another payer than the one asked"
    return ""
