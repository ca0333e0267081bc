"""What news means, without a database: tables first, then any order of any news."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.payments.lifecycle import Asked, Decision, decide, payment_status
from apps.payments.models import ATTEMPT_FINAL, AttemptStatus, PaymentStatus
from apps.payments.transitions import ATTEMPT_MOVES, PAYMENT_MOVES
from apps.providers.contract import (
    FailureCode,
    NextAction,
    NotSent,
    Outcome,
    OutcomeUnknown,
    ProviderMisbehaved,
    ProviderResult,
    ReferenceUnknown,
)

A, P = AttemptStatus, PaymentStatus

OPEN = [A.SUBMITTED, A.UNKNOWN, A.PENDING, A.REQUIRES_ACTION, A.AUTHORIZED]
SENT = [*OPEN, A.SUCCEEDED, A.FAILED, A.NOT_SENT]


def asked(**changes):
    return Asked(
        **{
            "amount": 1_500,
            "currency": "XAF",
            "party": "237677000001",
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
    decision = decide(status, result(outcome), asked())

    assert decision.status == after
    assert decision.contradiction == ""


def test_a_failure_without_a_reason_we_know_is_a_decline():
    assert decide(A.PENDING, result("failed"), asked()).failure_code == "provider_declined"


def test_a_failure_keeps_its_reason():
    news = result("failed", failure_code=FailureCode.INSUFFICIENT_FUNDS)

    assert decide(A.PENDING, news, asked()).failure_code == "insufficient_funds"


@pytest.mark.parametrize("status", OPEN)
@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize(
    "difference",
    [{"amount": 1_499}, {"amount": 0}, {"currency": "XOF"}, {"party": "237677000002"}],
)
def test_an_answer_about_something_else_moves_no_money_and_calls_a_person(
    status, outcome, difference
):
    decision = decide(status, result(outcome, **difference), asked())

    assert decision.contradiction
    assert decision.needs_person
    assert decision.status in {None, A.UNKNOWN}


@pytest.mark.parametrize("silent", [{"amount": None}, {"currency": ""}, {"party": ""}])
def test_what_a_protocol_does_not_say_is_not_compared(silent):
    fields = {"amount": 1_500, "currency": "XAF", "party": "237677000001", **silent}

    assert decide(A.PENDING, result("succeeded", **fields), asked()).status == A.SUCCEEDED


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
    decision = decide(A.SUBMITTED, error, asked(is_submission=True))

    assert (decision.status, decision.needs_person) == (after, needs_person)


@pytest.mark.parametrize("status", [A.UNKNOWN, A.PENDING, A.REQUIRES_ACTION, *ATTEMPT_FINAL])
@pytest.mark.parametrize("error", [NotSent("x"), OutcomeUnknown("x"), ProviderMisbehaved("x")])
def test_a_submission_that_failed_after_a_query_answered_knows_less(status, error):
    assert decide(status, error, asked(is_submission=True)) == Decision()


@pytest.mark.parametrize("error", [NotSent("x"), OutcomeUnknown("x")])
@pytest.mark.parametrize(
    ("status", "after"), [(A.SUBMITTED, A.UNKNOWN), (A.UNKNOWN, None), (A.PENDING, None)]
)
def test_a_query_that_failed_says_nothing_of_the_money(error, status, after):
    decision = decide(status, error, asked())

    assert decision.status == after
    assert not decision.contradiction


@pytest.mark.parametrize("status", [A.SUBMITTED, A.UNKNOWN])
def test_never_heard_of_it_is_believed_after_the_grace_only(status):
    within = decide(status, ReferenceUnknown("?"), asked(grace_is_over=False))
    after = decide(status, ReferenceUnknown("?"), asked(grace_is_over=True))

    assert within.status in {None, A.UNKNOWN}
    assert after.status == A.NOT_SENT


@pytest.mark.parametrize("status", OPEN)
def test_a_provider_slow_to_find_its_own_reference_contradicts_nothing(status):
    decision = decide(status, ReferenceUnknown("?"), asked(grace_is_over=False, was_answered=True))

    assert decision.contradiction == ""
    assert decision.status in {None, A.UNKNOWN}


@pytest.mark.parametrize("status", [A.PENDING, A.REQUIRES_ACTION, A.AUTHORIZED])
def test_what_was_acknowledged_is_never_not_sent(status):
    decision = decide(status, ReferenceUnknown("?"), asked())

    assert decision.status is None
    assert decision.contradiction


def test_what_once_got_an_answer_is_never_not_sent_though_unknown_since():
    decision = decide(A.UNKNOWN, ReferenceUnknown("?"), asked(was_answered=True))

    assert decision.status is None
    assert decision.contradiction


@pytest.mark.parametrize("status", [A.SUBMITTED, A.UNKNOWN, A.PENDING, A.REQUIRES_ACTION])
def test_a_payer_too_slow_for_the_provider_may_still_have_paid(status):
    news = result("failed", failure_code=FailureCode.PAYER_TIMED_OUT)

    young, old = decide(status, news, asked()), decide(status, news, asked(is_old=True))

    assert young.payer_timed_out
    assert young.status in {None, A.PENDING}
    assert (old.status, old.payer_timed_out) == (A.FAILED, False)


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
    decision = decide(status, result(outcome), asked())

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
    assert payment_status(current=current, attempts=attempts, expired=expired) == after


outcomes = st.builds(
    ProviderResult,
    outcome=st.sampled_from(Outcome),
    failure_code=st.none() | st.sampled_from(FailureCode),
    next_action=st.none() | st.just(NextAction("approve_on_phone")),
    amount=st.sampled_from([None, 1_500, 1_500, 1_499]),
    currency=st.sampled_from(["", "XAF", "XAF", "XOF"]),
    party=st.sampled_from(["", "237677000001", "237677000002"]),
)
errors = st.sampled_from(
    [NotSent("x"), OutcomeUnknown("x"), ReferenceUnknown("x"), ProviderMisbehaved("x")]
)
questions = st.builds(
    asked, is_submission=st.booleans(), grace_is_over=st.booleans(), is_old=st.booleans()
)


@given(st.sampled_from(SENT), outcomes | errors, questions)
def test_no_news_asks_for_a_move_that_does_not_exist(status, news, question):
    decision = decide(status, news, question)

    if decision.status is not None:
        assert decision.status in ATTEMPT_MOVES[status]
    if decision.contradiction:
        assert decision.status in {None, A.UNKNOWN}


@given(st.lists(st.tuples(outcomes | errors, questions), max_size=30))
def test_in_any_order_of_any_news_a_final_state_stays_and_money_is_booked_once(heard):
    attempt, payment, bookings = A.SUBMITTED, P.PENDING, 0

    for news, question in heard:
        decision = decide(attempt, news, question)
        if attempt in ATTEMPT_FINAL:
            assert decision.status is None
        attempt = decision.status or attempt
        after = payment_status(
            current=payment, attempts=[attempt], expired=decision.payer_timed_out
        )
        if after != payment:
            assert after in PAYMENT_MOVES[payment]
            bookings += after == P.SUCCEEDED
        payment = after

    assert bookings == (payment == P.SUCCEEDED)
    assert (payment == P.SUCCEEDED) == (attempt == A.SUCCEEDED)
