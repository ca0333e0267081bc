"""What a case is, from the rows of a payment, a refund, a payout."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.disputes.services.decide_dispute import decide_dispute
from apps.disputes.services.open_dispute import DisputeOrder, open_dispute
from apps.orchestration.models import Attempt
from apps.orchestration.services.apply_replies import apply_reply
from apps.payments.models import Payment, PaymentStatus
from apps.payments.services.expire_payment import expire_payment
from apps.providers.contract import FailureCode, Outcome, OutcomeUnknown, ProviderResult
from apps.reconciliation.models import Discrepancy
from apps.refunds.models import Refund
from apps.refunds.services.create_refund import RefundOrder, create_refund
from apps.support_tickets.rules.situations import NextAction
from apps.support_tickets.selectors.read_case import Voice, read_case
from apps.webhooks.models import Delivery, Endpoint
from tests.factories import EndpointFactory, MerchantFactory, PaymentFactory
from tests.fakes import FakeClock, open_account

pytestmark = pytest.mark.django_db

EVERYTHING = ["collect", "refund", "disburse"]


def case_of(payment: Payment, category: str = ""):
    case = read_case("payment", payment.pk, category=category)
    assert case is not None
    return case


def answer_for(refund: Refund, answer: object, clock: FakeClock) -> None:
    """What the provider says of its attempt; the first answer is to its being sent."""
    attempt = refund.attempts.latest("id")
    is_submission = Attempt.objects.filter(pk=attempt.pk, status="created").update(
        status="submitted"
    )
    apply_reply(
        attempt_id=attempt.pk,
        answer=answer,
        is_submission=bool(is_submission),
        source="worker",
        now=clock.now,
    )


@pytest.mark.parametrize(
    ("fields", "status", "code", "action"),
    [
        ({}, "pending", "not_sent_yet", NextAction.WAIT),
        ({"submitted": True}, "pending", "no_prompt", NextAction.ASK_PROVIDER),
        (
            {"attempt_path": ["submitted", "requires_action"]},
            "requires_action",
            "page_open",
            NextAction.ASK_PROVIDER,
        ),
        (
            {"attempt_path": ["submitted", "authorized"]},
            "authorized",
            "authorized",
            NextAction.ASK_PROVIDER,
        ),
        ({"verifying": True}, "verifying", "debited_not_confirmed", NextAction.ASK_PROVIDER),
        ({"failed": True}, "failed", "failed", NextAction.ANSWER),
        ({"succeeded": True}, "succeeded", "all_is_well", NextAction.ANSWER),
    ],
)
def test_each_status_of_a_payment_is_a_situation(fields, status, code, action):
    payment = PaymentFactory(**fields)

    case = case_of(payment)

    assert (payment.status, case.code, case.action) == (status, code, action)


def test_an_expired_payment_is_watched_while_its_attempt_is_open(clock):
    payment = PaymentFactory(submitted=True, created_at=clock.now)
    expire_payment(payment_id=payment.pk, now=clock.advance(hours=1))

    watched = case_of(payment).code
    Attempt.objects.filter(owner_id=payment.pk).update(status="failed", next_check_at=None)

    assert (watched, case_of(payment).code) == ("expired_unanswered", "expired")
    assert case_of(payment, "failed_and_debited").code == "said_to_be_debited"


def test_what_a_person_has_to_decide_is_told_to_nobody_as_decided():
    payment = PaymentFactory(verifying=True)
    Attempt.objects.filter(owner_id=payment.pk).update(needs_person=True)

    case = case_of(payment)

    assert (case.code, case.action) == ("undecided", NextAction.DECIDE_ATTEMPT)
    assert case.undecided_attempt is not None


def test_an_open_discrepancy_makes_a_failed_payment_perhaps_debited(clock):
    payment = PaymentFactory(failed=True)
    attempt = payment.attempts.get()
    discrepancy = Discrepancy.objects.create(
        kind=Discrepancy.Kind.STATUS_DIFFERS,
        provider_account=attempt.provider_account,
        attempt_id=attempt.pk,
        opened_at=clock.now,
    )

    case = case_of(payment)
    Discrepancy.objects.update(status=Discrepancy.Status.RESOLVED)

    assert (case.code, case.discrepancy_id) == ("failed_and_debited", discrepancy.pk)
    assert case_of(payment).code == "failed"


@pytest.mark.parametrize(
    ("fields", "after", "code"),
    [
        ({"amount": 5000}, timedelta(hours=23), "paid_twice"),
        ({"amount": 700, "merchant_reference": "order-a"}, timedelta(hours=1), "paid_twice"),
        ({"amount": 700}, timedelta(hours=1), "all_is_well"),
        ({"amount": 5000}, timedelta(hours=25), "all_is_well"),
        ({"amount": 5000, "payer_msisdn": "237677000009"}, timedelta(0), "all_is_well"),
        ({"amount": 5000, "succeeded": False}, timedelta(0), "all_is_well"),
    ],
)
def test_twice_is_the_same_payer_and_the_same_amount_or_order_within_a_day(
    clock, fields, after, code
):
    merchant = MerchantFactory()
    first = PaymentFactory(
        merchant=merchant,
        succeeded=True,
        amount=5000,
        merchant_reference="order-a",
        created_at=clock.now,
    )
    second = PaymentFactory(
        **{
            "merchant": merchant,
            "succeeded": True,
            "merchant_reference": "order-b",
            "created_at": clock.now + after,
            **fields,
        }
    )

    codes = {case_of(first).code}
    if second.status == PaymentStatus.SUCCEEDED:
        codes.add(case_of(second).code)

    assert codes == {code}


@pytest.mark.parametrize("back", ["amount_refunded", "amount_disputed"])
def test_what_the_payer_has_back_is_no_second_payment(clock, back):
    merchant = MerchantFactory()
    first, second = (
        PaymentFactory(merchant=merchant, succeeded=True, amount=5000, created_at=clock.now)
        for _ in range(2)
    )
    Payment.objects.filter(pk=second.pk).update(**{back: 4999})
    assert case_of(first).code == "paid_twice"

    Payment.objects.filter(pk=second.pk).update(**{back: 5000})

    assert case_of(first).code == "all_is_well"


@pytest.mark.parametrize(
    ("lost", "code"),
    [("", "disputed"), (2_000, "dispute_lost"), (None, "dispute_lost"), (0, "all_is_well")],
)
def test_what_is_disputed_is_told_to_nobody_as_well(clock, lost, code):
    payment = PaymentFactory(succeeded=True)
    order = DisputeOrder(reason="fraud", amount=4_000)
    dispute = open_dispute(payment_id=payment.pk, order=order, opened_by="provider", now=clock.now)
    if lost != "":
        decide_dispute(dispute_id=dispute.pk, amount_lost=lost, source="staff", now=clock.now)

    case = case_of(payment)

    assert case.code == code
    assert case.dispute_id == (None if lost == 0 else dispute.pk)


def test_another_merchants_payment_is_no_second_one():
    first = PaymentFactory(succeeded=True)
    PaymentFactory(succeeded=True)

    assert case_of(first).code == "all_is_well"


def test_the_refund_of_a_payment_is_what_its_case_is_about(clock, provider):
    payment = PaymentFactory(
        succeeded=True,
        fee=0,
        created_at=clock.now,
        account=open_account(operations=EVERYTHING),
    )
    refund = create_refund(payment_id=payment.pk, order=RefundOrder(), source="api", now=clock.now)
    cases = [case_of(payment)]
    actions = [cases[0].action]
    answers = [
        OutcomeUnknown("line broke"),
        ProviderResult(Outcome.PENDING),
        ProviderResult(Outcome.FAILED, failure_code=FailureCode.PAYEE_CANNOT_RECEIVE),
    ]
    for answer in answers:
        answer_for(refund, answer, clock)
        cases.append(case_of(payment))
        actions.append(cases[-1].action)

    assert [(case.code, action) for case, action in zip(cases, actions, strict=True)] == [
        ("refund_under_way", NextAction.WAIT),
        ("refund_not_confirmed", NextAction.ASK_PROVIDER),
        ("refund_under_way", NextAction.ASK_PROVIDER),
        ("refund_failed", NextAction.PROPOSE_REFUND),
    ]
    assert {case.subject for case in cases} == {refund}
    assert cases[-1].sentence(Voice.MERCHANT, "en").startswith("The payee's account cannot receive")


def test_a_settled_refund_has_arrived_at_the_number_that_paid(clock, provider):
    payment = PaymentFactory(
        succeeded=True,
        fee=0,
        created_at=clock.now,
        account=open_account(operations=EVERYTHING),
    )
    refund = create_refund(payment_id=payment.pk, order=RefundOrder(), source="api", now=clock.now)
    answer_for(refund, ProviderResult(Outcome.SUCCEEDED, provider_reference="R1"), clock)

    of_payment, of_refund = case_of(payment), read_case("refund", refund.pk)

    assert of_payment.code == of_refund.code == "refund_arrived"
    assert payment.payer_msisdn_masked in of_refund.sentence(Voice.PAYER, "en")


@pytest.mark.parametrize(
    ("delivery", "endpoint", "code"),
    [
        ({"status": "delivered", "tries": 1}, {}, "webhook_delivered"),
        ({"tries": 0}, {}, "webhook_under_way"),
        ({"tries": 3}, {}, "webhook_not_received"),
        ({"status": "failed", "tries": 16}, {}, "webhook_not_received"),
        ({"tries": 3}, {"is_enabled": False}, "webhook_stopped"),
    ],
)
def test_how_the_webhooks_stand_is_the_case_of_who_misses_them(clock, delivery, endpoint, code):
    merchant = MerchantFactory()
    EndpointFactory(merchant=merchant)
    payment = PaymentFactory(merchant=merchant, succeeded=True)
    Delivery.objects.update(**delivery)
    Endpoint.objects.update(**endpoint)

    assert case_of(payment, "webhook_not_received").code == code


def test_without_an_endpoint_nobody_was_to_be_told(clock):
    payment = PaymentFactory(succeeded=True)

    assert case_of(payment, "webhook_not_received").code == "webhook_not_wanted"


def test_sentences_come_in_the_language_of_who_reads_them():
    payment = PaymentFactory(failed=True)

    case = case_of(payment)

    assert case.sentence(Voice.PAYER, "en").startswith("You declined the payment.")
    assert case.sentence(Voice.PAYER, "fr").startswith("Vous avez refusé le paiement.")


def test_what_has_no_case_says_so():
    payment = PaymentFactory()

    assert read_case("dispute", payment.pk) is None
    assert read_case("refund", payment.pk) is None


def test_a_case_costs_a_few_queries(django_assert_max_num_queries):
    merchant = MerchantFactory()
    EndpointFactory(merchant=merchant)
    payment = PaymentFactory(merchant=merchant, succeeded=True)

    with django_assert_max_num_queries(8):
        case = case_of(payment)
        for voice in Voice:
            case.sentence(voice, "fr")
