"""What news means, without a database: tables first, then any order of any news."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.orchestration.models import ATTEMPT_FINAL, AttemptStatus
from apps.orchestration.rules.judge_reply import Decision, Expected, NotAsked, judge_reply
from apps.orchestration.transitions import ATTEMPT_MOVES
from apps.payments.models import PaymentStatus
from apps.payments.rules.payment_status import payment_status
from apps.payments.transitions import PAYMENT_MOVES
from apps.providers.contract import (
    FailureCode,
    NextAction,
    NotSent,
    Outcome,
    OutcomeUnknown,
    ProviderBusy,
    ProviderMisbehaved,
    ProviderResult,
    ReferenceUnknown,
)

A, P = AttemptStatus, PaymentStatus

OPEN = [A.SUBMITTED, A.UNKNOWN, A.PENDING, A.REQUIRES_ACTION, A.AUTHORIZED]
SENT = [*OPEN, A.SUCCEEDED, A.FAILED, A.NOT_SENT]


@dataclass
class State:
    """What of an attempt decides about its payment."""

    status: str
    failure_code: str = ""
    needs_person: bool = False


def asked(**changes):
    return Expected(
        **{
            "amount": 1_500,
            "currency": "XAF",
            "counterparty": "237677000001",
            "is_submission": False,
            "grace_is_over": True,
            "is_old": False,
            **changes,
        }
    )


def result(outcome, **fields):
    return ProviderResult(Outcome(outcome), **fields)


@pytest.mark.parametrize(
    ("status", "outcome", "after"),
    [
        (A.SUBMITTED, "pending", A.PENDING),
        (A.SUBMITTED, "requires_action", A.REQUIRES_ACTION),
        (A.SUBMITTED, "authorized", A.AUTHORIZED),
        (A.SUBMITTED, "succeeded", A.SUCCEEDED),
        (A.SUBMITTED, "failed", A.FAILED),
        (A.UNKNOWN, "pending", A.PENDING),
        (A.UNKNOWN, "succeeded", A.SUCCEEDED),
        (A.UNKNOWN, "failed", A.FAILED),
        (A.PENDING, "pending", None),
        (A.PENDING, "requires_action", A.REQUIRES_ACTION),
        (A.PENDING, "succeeded", A.SUCCEEDED),
        (A.REQUIRES_ACTION, "pending", None),
        (A.REQUIRES_ACTION, "authorized", A.AUTHORIZED),
        (A.AUTHORIZED, "pending", None),
        (A.AUTHORIZED, "requires_action", None),
        (A.AUTHORIZED, "failed", A.FAILED),
    ],
)
def test_an_answer_moves_an_attempt_forward_only(status, outcome, after):
    decision = judge_reply(status, result(outcome), asked())

    assert decision.status == after
    assert decision.contradiction == ""


def test_a_failure_without_a_reason_we_know_is_a_decline():
    assert judge_reply(A.PENDING, result("failed"), asked()).failure_code == "provider_declined"


def test_a_failure_keeps_its_reason():
    news = result("failed", failure_code=FailureCode.INSUFFICIENT_FUNDS)

    assert judge_reply(A.PENDING, news, asked()).failure_code == "insufficient_funds"


@pytest.mark.parametrize("status", OPEN)
@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize(
    "difference",
    [
        *({"amount": other} for other in (0, 1_499, 1_501, 150_000)),
        *({"currency": "XOF"}, {"counterparty": "237677000002"}),
    ],
)
def test_an_answer_about_something_else_moves_no_money_and_calls_a_person(
    status, outcome, difference
):
    decision = judge_reply(status, result(outcome, **difference), asked())

    assert decision.contradiction
    assert decision.needs_person
    assert decision.status in {None, A.UNKNOWN}


@pytest.mark.parametrize("silent", [{"amount": None}, {"currency": ""}, {"counterparty": ""}])
def test_what_a_protocol_does_not_say_is_not_compared(silent):
    fields = {"amount": 1_500, "currency": "XAF", "counterparty": "237677000001", **silent}

    assert judge_reply(A.PENDING, result("succeeded", **fields), asked()).status == A.SUCCEEDED


@pytest.mark.parametrize(
    ("error", "after", "needs_person"),
    [
        (NotSent("refused"), A.NOT_SENT, False),
        (OutcomeUnknown("timeout"), A.UNKNOWN, False),
        (ProviderMisbehaved("junk"), A.UNKNOWN, True),
        (ReferenceUnknown("?"), A.UNKNOWN, False),
    ],
)
def test_a_submission_that_failed_is_unknown_unless_it_is_proved_not_sent(
    error, after, needs_person
):
    decision = judge_reply(A.SUBMITTED, error, asked(is_submission=True))

    assert (decision.status, decision.needs_person) == (after, needs_person)


@pytest.mark.parametrize("status", [A.UNKNOWN, A.PENDING, A.REQUIRES_ACTION, *ATTEMPT_FINAL])
@pytest.mark.parametrize("error", [NotSent("x"), OutcomeUnknown("x"), ProviderMisbehaved("x")])
def test_a_submission_that_failed_after_a_query_answered_knows_less(status, error):
    assert judge_reply(status, error, asked(is_submission=True)) == Decision()


@pytest.mark.parametrize("error", [NotSent("x"), OutcomeUnknown("x")])
@pytest.mark.parametrize(
    ("status", "after"), [(A.SUBMITTED, A.UNKNOWN), (A.UNKNOWN, None), (A.PENDING, None)]
)
def test_a_query_that_failed_says_nothing_of_the_money(error, status, after):
    decision = judge_reply(status, error, asked())

    assert decision.status == after
    assert not decision.contradiction


@pytest.mark.parametrize("status", [A.SUBMITTED, A.UNKNOWN])
def test_never_heard_of_it_is_believed_after_the_grace_only(status):
    within = judge_reply(status, ReferenceUnknown("?"), asked(grace_is_over=False))
    after = judge_reply(status, ReferenceUnknown("?"), asked(grace_is_over=True))

    assert within.status in {None, A.UNKNOWN}
    assert after.status == A.NOT_SENT


@pytest.mark.parametrize("status", OPEN)
def test_a_provider_slow_to_find_its_own_reference_contradicts_nothing(status):
    decision = judge_reply(
        status, ReferenceUnknown("?"), asked(grace_is_over=False, was_answered=True)
    )

    assert decision.contradiction == ""
    assert decision.status in {None, A.UNKNOWN}


@pytest.mark.parametrize("status", [A.PENDING, A.REQUIRES_ACTION, A.AUTHORIZED])
def test_what_was_acknowledged_is_never_not_sent(status):
    decision = judge_reply(status, ReferenceUnknown("?"), asked())

    assert decision.status is None
    assert decision.contradiction


def test_what_once_got_an_answer_is_never_not_sent_though_unknown_since():
    decision = judge_reply(A.UNKNOWN, ReferenceUnknown("?"), asked(was_answered=True))

    assert decision.status is None
    assert decision.contradiction


@pytest.mark.parametrize("status", [A.SUBMITTED, A.UNKNOWN, A.PENDING, A.REQUIRES_ACTION])
def test_a_payer_too_slow_for_the_provider_may_still_have_paid(status):
    news = result("failed", failure_code=FailureCode.PAYER_TIMED_OUT)

    young, old = judge_reply(status, news, asked()), judge_reply(status, news, asked(is_old=True))

    assert young.failure_code == FailureCode.PAYER_TIMED_OUT
    assert young.status in {None, A.PENDING}
    assert old.status == A.FAILED


@pytest.mark.parametrize("status", [A.SUBMITTED, A.UNKNOWN, A.PENDING])
def test_what_the_provider_gave_up_may_still_be_paid(status):
    news = result("failed", failure_code=FailureCode.PROVIDER_DECLINED, may_yet_succeed=True)

    young, old = judge_reply(status, news, asked()), judge_reply(status, news, asked(is_old=True))

    # Acknowledged: from here on "never heard of it" is a contradiction and sends nothing again.
    assert (young.status or status, young.failure_code) == (A.PENDING, "")
    assert (old.status, old.failure_code) == (A.FAILED, FailureCode.PROVIDER_DECLINED)


@pytest.mark.parametrize(
    ("status", "outcome", "is_contradiction"),
    [
        (A.SUCCEEDED, "succeeded", False),
        (A.SUCCEEDED, "failed", True),
        (A.FAILED, "failed", False),
        (A.FAILED, "succeeded", True),
        # An answer that was under way when the last word came: the submission's, most often.
        (A.SUCCEEDED, "pending", False),
        (A.SUCCEEDED, "requires_action", False),
        (A.FAILED, "pending", False),
        # What was proved not to be there cannot be there.
        (A.NOT_SENT, "pending", True),
        (A.NOT_SENT, "succeeded", True),
    ],
)
def test_news_after_the_last_word_changes_nothing(status, outcome, is_contradiction):
    decision = judge_reply(status, result(outcome), asked())

    assert decision.status is None
    assert bool(decision.contradiction) == is_contradiction


@pytest.mark.parametrize(
    ("current", "attempts", "expired", "after"),
    [
        (P.PENDING, [A.CREATED], False, P.PENDING),
        (P.PENDING, [A.SUBMITTED], False, P.PENDING),
        (P.PENDING, [A.PENDING], False, P.PENDING),
        (P.PENDING, [A.REQUIRES_ACTION], False, P.REQUIRES_ACTION),
        (P.PENDING, [A.AUTHORIZED], False, P.AUTHORIZED),
        (P.PENDING, [A.UNKNOWN], False, P.VERIFYING),
        (P.PENDING, [A.UNKNOWN], True, P.VERIFYING),
        (P.PENDING, [A.SUCCEEDED], False, P.SUCCEEDED),
        (P.PENDING, [A.SUCCEEDED], True, P.SUCCEEDED),
        (P.PENDING, [A.FAILED], False, P.FAILED),
        (P.PENDING, [A.NOT_SENT], False, P.FAILED),
        (P.PENDING, [A.NOT_SENT, A.CREATED], False, P.PENDING),
        (P.PENDING, [A.NOT_SENT, A.SUCCEEDED], False, P.SUCCEEDED),
        (P.PENDING, [A.SUCCEEDED, A.CREATED], False, P.SUCCEEDED),
        (P.PENDING, [A.PENDING], True, P.EXPIRED),
        (P.VERIFYING, [A.PENDING], False, P.PENDING),
        (P.EXPIRED, [A.PENDING], False, P.EXPIRED),
        (P.EXPIRED, [A.UNKNOWN], False, P.EXPIRED),
        (P.EXPIRED, [A.FAILED], False, P.EXPIRED),
        (P.EXPIRED, [A.SUCCEEDED], False, P.SUCCEEDED),
    ],
)
def test_a_payment_is_what_its_attempts_make_it(current, attempts, expired, after):
    states = [State(status, FailureCode.PAYER_TIMED_OUT if expired else "") for status in attempts]

    status, _ = payment_status(current=current, failure_code="", attempts=states)

    assert status == after


@pytest.mark.parametrize("latest", OPEN)
def test_an_old_attempt_says_nothing_while_a_newer_one_may_be_paid(latest):
    alone, _ = payment_status(current=P.PENDING, failure_code="", attempts=[State(latest)])
    after_others, _ = payment_status(
        current=P.PENDING,
        failure_code="",
        attempts=[State(A.NOT_SENT, "provider_declined"), State(A.FAILED), State(latest)],
    )

    assert after_others == alone


def test_what_we_closed_and_the_provider_knows_is_not_called_failed():
    attempts = [State(A.NOT_SENT, needs_person=True), State(A.NOT_SENT)]

    status, _ = payment_status(current=P.PENDING, failure_code="", attempts=attempts)

    assert status == P.VERIFYING


@pytest.mark.parametrize("ended", [P.FAILED, P.EXPIRED, P.CANCELED])
def test_an_end_keeps_its_reason(ended):
    told = payment_status(current=ended, failure_code="because", attempts=[State(A.NOT_SENT)])

    assert told == (ended, "because")


@pytest.mark.parametrize("error", [ProviderBusy("429"), ProviderBusy("503")])
def test_busy_is_no_proof_that_it_was_not_taken(error):
    safe = judge_reply(A.SUBMITTED, error, asked(is_submission=True, is_repeat_safe=True))
    unsafe = judge_reply(A.SUBMITTED, error, asked(is_submission=True))

    assert (safe.status, safe.ask_soon) == (None, True)
    assert unsafe.status == A.UNKNOWN


@pytest.mark.parametrize("status", [A.SUBMITTED, A.UNKNOWN])
def test_never_heard_of_it_under_other_credentials_proves_nothing(status):
    decision = judge_reply(status, ReferenceUnknown("?"), asked(same_credentials=False))

    assert decision.status in {None, A.UNKNOWN}
    assert not decision.contradiction


@pytest.mark.parametrize("status", OPEN)
def test_a_question_that_cannot_be_put_calls_a_person(status):
    decision = judge_reply(status, NotAsked("the number does not open"), asked())

    assert decision.needs_person
    assert decision.status in {None, A.UNKNOWN}


outcomes = st.builds(
    ProviderResult,
    outcome=st.sampled_from(Outcome),
    failure_code=st.none() | st.sampled_from(FailureCode),
    next_action=st.none() | st.just(NextAction("approve_on_phone")),
    amount=st.sampled_from([None, 1_500, 1_500, 1_499, 1_501]),
    currency=st.sampled_from(["", "XAF", "XAF", "XOF"]),
    counterparty=st.sampled_from(["", "237677000001", "237677000002"]),
)
errors = st.sampled_from(
    [NotSent("x"), OutcomeUnknown("x"), ReferenceUnknown("x"), ProviderMisbehaved("x")]
)
questions = st.builds(
    asked, is_submission=st.booleans(), grace_is_over=st.booleans(), is_old=st.booleans()
)


@given(st.sampled_from(SENT), outcomes | errors, questions)
def test_no_news_asks_for_a_move_that_does_not_exist(status, news, question):
    decision = judge_reply(status, news, question)

    if decision.status is not None:
        assert decision.status in ATTEMPT_MOVES[status]
    if decision.contradiction:
        assert decision.status in {None, A.UNKNOWN}


@given(st.lists(st.tuples(outcomes | errors, questions), max_size=30))
def test_in_any_order_of_any_news_a_final_state_stays_and_money_is_booked_once(heard):
    attempt, payment, bookings, failure_code = A.SUBMITTED, P.PENDING, 0, ""

    for news, question in heard:
        decision = judge_reply(attempt, news, question)
        if attempt in ATTEMPT_FINAL:
            assert decision.status is None
        attempt = decision.status or attempt
        if decision.status is not None or decision.failure_code:
            failure_code = decision.failure_code
        state = State(attempt, failure_code, decision.needs_person)
        after, _ = payment_status(current=payment, failure_code="", attempts=[state])
        if after != payment:
            assert after in PAYMENT_MOVES[payment]
            bookings += after == P.SUCCEEDED
        payment = after

    assert bookings == (payment == P.SUCCEEDED)
    assert (payment == P.SUCCEEDED) == (attempt == A.SUCCEEDED)
