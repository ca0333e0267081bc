"""What is disputed is held, and goes to one side only, once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from apps.core.errors import DomainError
from apps.disputes.models import Dispute
from apps.disputes.rules.refusals import DisputeClosed
from apps.disputes.selectors.may_dispute import may_dispute
from apps.disputes.services.add_evidence import add_evidence
from apps.disputes.services.decide_dispute import DisputeMovedOn, LossExceedsDispute
from apps.disputes.services.escalate_dispute import StageNotLater, escalate_dispute
from apps.disputes.services.open_dispute import DisputeExists, StageNotOfNetwork
from apps.disputes.services.submit_evidence import submit_evidence
from apps.orchestration.models import StatusChange
from apps.payments.models import Payment
from apps.payments.services.reserve_dispute import DisputeExceedsPayment, PaymentNotDisputable
from apps.payments.services.reserve_refund import PaymentDisputed, RefundExceedsPayment
from apps.webhooks.models import Event
from tests.factories import PaymentFactory
from tests.refunds.conftest import balances

pytestmark = pytest.mark.django_db


def left(payment):
    return Payment.objects.get(pk=payment.pk).left


def test_what_is_disputed_is_held(paid, dispute, broken_books):
    payment = paid()

    made = dispute(payment, 4_000)

    assert (made.status, made.stage, made.network) == (
        "needs_response",
        "complaint",
        "mobile_money",
    )
    assert balances(payment.merchant)["merchant_payable"] == 6_000
    assert balances(payment.merchant)["merchant_held"] == 4_000
    assert left(payment) == 6_000
    event = Event.objects.get(object_id=made.pk)
    assert event.type == "dispute.opened"
    assert broken_books() == {}


@pytest.mark.parametrize("opened_by", ["merchant", "payer", "provider", "staff"])
def test_it_is_held_whatever_the_balance_is(paid, dispute, opened_by, broken_books):
    payment = paid(fee=200)

    dispute(payment, opened_by=opened_by)

    assert balances(payment.merchant)["merchant_payable"] == -200
    assert broken_books() == {}


@pytest.mark.parametrize(
    ("lost", "status", "payable", "clearing"),
    [(0, "won", 10_000, -10_000), (None, "lost", 0, 0), (3_000, "partly_lost", 7_000, -7_000)],
)
def test_it_goes_to_one_side_and_the_other(
    paid, dispute, decide, broken_books, lost, status, payable, clearing
):
    payment = paid()
    made = dispute(payment)

    closed = decide(made, lost)

    closed.refresh_from_db()
    assert (closed.status, closed.amount_lost) == (status, 10_000 - payable)
    assert closed.closed_at is not None
    assert balances(payment.merchant) == {"merchant_payable": payable, "merchant_held": 0}
    account = payment.attempts.get().provider_account
    assert {**balances(account)} == {"provider_clearing": clearing}
    # What was won may be given back, what was lost is gone.
    assert left(payment) == payable
    assert Event.objects.filter(object_id=made.pk).latest("sequence").type == f"dispute.{status}"
    assert broken_books() == {}


def test_what_is_withdrawn_is_the_merchants_again(paid, dispute, decide, broken_books):
    payment = paid()

    closed = decide(dispute(payment), 0, is_withdrawn=True)

    assert closed.status == "withdrawn"
    assert balances(payment.merchant)["merchant_payable"] == 10_000
    assert broken_books() == {}


def test_a_dispute_is_decided_once(paid, dispute, decide, broken_books):
    made = dispute(paid())
    decide(made, None)

    for lost in (0, None, 5_000):
        with pytest.raises(DisputeClosed):
            decide(made, lost)
    assert broken_books() == {}


def test_what_its_merchant_answered_meanwhile_is_not_decided_unseen(clock, paid, dispute, decide):
    made = dispute(paid(), 4_000)
    as_asked_for = made.sequence
    add_evidence(dispute_id=made.pk, texts={"explanation": "Sent."}, files=[], now=clock.now)
    submit_evidence(dispute_id=made.pk, source="api", now=clock.now)

    with pytest.raises(DisputeMovedOn):
        decide(made, None, sequence=as_asked_for)

    made.refresh_from_db()
    assert (made.status, made.amount_lost) == ("under_review", 0)
    assert balances(made.merchant)["merchant_held"] == 4_000


def test_nobody_loses_more_than_is_disputed(paid, dispute, decide):
    made = dispute(paid(), 4_000)

    with pytest.raises(LossExceedsDispute):
        decide(made, 4_001)

    made.refresh_from_db()
    assert made.status == "needs_response"


def test_a_payment_has_one_open_dispute(paid, dispute, decide):
    payment = paid()
    first = dispute(payment, 1_000)

    with pytest.raises(DisputeExists):
        dispute(payment, 1_000)
    assert left(payment) == 9_000

    decide(first, 0)
    second = dispute(payment, 10_000)
    assert second.pk != first.pk


def test_only_what_is_left_is_disputed(paid, dispute, refund, decide):
    payment = paid()
    refund(payment, 4_000)

    with pytest.raises(DisputeExceedsPayment):
        dispute(payment, 6_001)
    assert dispute(payment).amount == 6_000

    refunded = paid()
    refund(refunded)
    with pytest.raises(DisputeExceedsPayment):
        dispute(refunded)


def test_nothing_is_disputed_of_what_was_not_paid(dispute, clock):
    payment = PaymentFactory(created_at=clock.now, verifying=True)

    with pytest.raises(PaymentNotDisputable):
        dispute(payment)
    assert not may_dispute(payment.pk)


def test_who_may_dispute_is_said_beforehand(paid, dispute, refund, decide):
    payment = paid()
    assert may_dispute(payment.pk)

    made = dispute(payment, 1_000)
    assert not may_dispute(payment.pk)

    decide(made, None)
    assert may_dispute(payment.pk)

    refund(payment)
    assert not may_dispute(payment.pk)


def test_what_is_disputed_is_not_refunded(paid, dispute, refund):
    payment = paid()
    dispute(payment, 7_000)

    with pytest.raises(PaymentDisputed) as refusal:
        refund(payment, 3_001)
    assert "3\u202f000 XAF can be refunded" in refusal.value.detail
    with pytest.raises(RefundExceedsPayment):
        refund(payment, 10_001)
    assert refund(payment).amount == 3_000
    with pytest.raises(PaymentDisputed):
        refund(payment)
    with pytest.raises(PaymentDisputed):
        refund(payment, 1)


def test_what_was_won_may_be_refunded(paid, dispute, refund, decide, broken_books):
    payment = paid()
    decide(dispute(payment), 2_000)

    with pytest.raises(PaymentDisputed):
        refund(payment, 8_001)
    assert refund(payment).amount == 8_000
    assert broken_books() == {}


def test_the_database_refuses_more_than_was_collected(paid, dispute):
    payment = paid()
    dispute(payment, 6_000)

    for changed in ({"amount_refunded": 4_001}, {"amount_disputed": 10_001}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.filter(pk=payment.pk).update(**changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": 0},
        {"amount_lost": 1},
        {"status": "lost"},
        {"status": "won"},
        {"due_at": None},
        {"stage": "chargeback"},
        {"reason_code": "4853"},
    ],
)
def test_the_database_refuses_what_must_never_be(paid, dispute, changed):
    made = dispute(paid())

    with pytest.raises(IntegrityError), transaction.atomic():
        Dispute.objects.filter(pk=made.pk).update(**changed)


def test_a_card_has_stages_and_codes_and_mobile_money_has_none(paid, dispute, clock):
    card = paid(method="card")
    due = clock.now + timedelta(days=30)

    made = dispute(card, reason_code="13.1", stage="inquiry", evidence_due_at=due)

    assert (made.network, made.stage, made.reason_code) == ("card", "inquiry", "13.1")
    assert made.evidence_due_at == due
    for wrong in ({"stage": "chargeback"}, {"reason_code": "13.1"}):
        with pytest.raises(StageNotOfNetwork):
            dispute(paid(), **wrong)
    with pytest.raises(StageNotOfNetwork):
        dispute(paid(method="card"), stage="complaint")


def test_a_card_goes_from_stage_to_stage(paid, dispute, clock, broken_books):
    made = dispute(paid(method="card"), stage="inquiry")
    clock.advance(days=1)

    later = escalate_dispute(
        dispute_id=made.pk, stage="pre_arbitration", due_at=None, source="staff", now=clock.now
    )

    assert (later.stage, later.status) == ("pre_arbitration", "needs_response")
    assert later.evidence_due_at == clock.now + timedelta(days=14)
    with pytest.raises(StageNotLater):
        escalate_dispute(
            dispute_id=made.pk, stage="chargeback", due_at=None, source="staff", now=clock.now
        )
    assert Event.objects.filter(object_id=made.pk).latest("sequence").type == "dispute.evidence_due"
    assert broken_books() == {}


def test_mobile_money_has_no_later_stage(paid, dispute, clock):
    made = dispute(paid())

    with pytest.raises(StageNotLater):
        escalate_dispute(
            dispute_id=made.pk, stage="chargeback", due_at=None, source="staff", now=clock.now
        )


def test_its_history_says_who_brought_it(paid, dispute):
    sources = {
        opened_by: StatusChange.objects.get(owner_id=dispute(paid(), opened_by=opened_by).pk).source
        for opened_by in ("merchant", "payer", "provider", "staff")
    }

    assert sources == {
        "merchant": "api",
        "payer": "api",
        "provider": "statement",
        "staff": "staff",
    }


def at_once(*works):
    """What each met, all of them at the same moment."""
    together = threading.Barrier(len(works))

    def run(work):
        try:
            together.wait(timeout=60)
            work()
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return sorted(str(met) for met in pool.map(run, works))


@pytest.mark.django_db(transaction=True)
def test_two_disputes_at_once_are_one_and_a_refusal(paid, dispute, broken_books):
    payment = paid()

    met = at_once(*[lambda: dispute(payment, 1_000)] * 4)

    assert met == ["None", *["dispute_exists"] * 3]
    assert left(payment) == 9_000
    assert broken_books() == {}


@pytest.mark.django_db(transaction=True)
def test_refunds_and_a_dispute_at_once_never_take_more_than_was_collected(
    paid, dispute, refund, broken_books
):
    for _ in range(5):
        payment = paid()

        met = at_once(
            lambda payment=payment: dispute(payment, 7_000),
            lambda payment=payment: refund(payment, 6_000),
            lambda payment=payment: refund(payment, 6_000),
        )

        assert met.count("None") == 1
        assert left(payment) in (3_000, 4_000)
    assert broken_books() == {}


@pytest.mark.django_db(transaction=True)
def test_decided_twice_at_once_it_is_decided_once(paid, dispute, decide, broken_books):
    payment = paid()
    made = dispute(payment)

    met = at_once(lambda: decide(made, 0), lambda: decide(made, None))

    assert met == ["None", "dispute_closed"]
    assert left(payment) in (0, 10_000)
    assert broken_books() == {}
