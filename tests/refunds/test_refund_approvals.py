"""A refund that a rule demands approval of waits with its amount set aside, and is sent once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.approvals.models import Approval, ApprovalRequest, ApprovalRule
from apps.approvals.services.refuse_key import WaitsNoMore
from apps.core.errors import DomainError
from apps.core.ttl_cache import clear_all
from apps.disputes.selectors.may_dispute import may_dispute
from apps.disputes.services.open_dispute import DisputeOrder, open_dispute
from apps.merchants import scopes
from apps.merchants.models import Merchant
from apps.merchants.selectors.refuse_disabled import MerchantDisabled
from apps.orchestration.models import Attempt
from apps.payments.models import Payment
from apps.payments.services.reserve_dispute import DisputeExceedsPayment
from apps.refunds.models import Refund
from apps.refunds.rules.approvable import digest_of
from apps.refunds.services.approve_refund import approve_refund
from apps.refunds.services.cancel_refund import cancel_refund
from apps.refunds.services.refund_for_merchant import refund_for_merchant
from apps.webhooks.models import Event
from tests.api.conftest import Shop
from tests.factories import charge
from tests.fakes import submit_due
from tests.payouts.test_payout_approvals import decide, expire_due, person, staff_decide
from tests.refunds.conftest import balances

pytestmark = pytest.mark.django_db

REFUNDS = "/api/v1/refunds"
FEE = 25


@pytest.fixture
def payment(paid):
    payment = paid()
    charge(payment.merchant, operation="refund", fixed=FEE)
    # The fees come on top: more was collected than is given back.
    paid(merchant=payment.merchant, account=payment.attempts.get().provider_account)
    return payment


@pytest.fixture
def maker(payment):
    return Shop(payment.merchant, scopes=[scopes.REFUNDS_WRITE, scopes.REFUNDS_READ])


@pytest.fixture
def checker(payment):
    return Shop(payment.merchant, scopes=[scopes.PAYOUTS_APPROVE])


@pytest.fixture
def rule(db):
    def made(**fields):
        rule = ApprovalRule.objects.create(
            **{
                "name": "Refunds",
                "action": "refund.send",
                "changed_at": timezone.now(),
                "keys_may_decide": True,
                "steps": [{"persons": 1, "group": None}],
                **fields,
            }
        )
        clear_all()
        return rule

    return made


def ask(maker, payment, amount=None):
    body = {"payment": payment.public_id, **({"amount": amount} if amount else {})}
    return maker.post(body, path=REFUNDS)


def waits(maker, payment, amount=None):
    answer = ask(maker, payment, amount)
    assert answer.status_code == 201, answer.content
    assert answer.json()["status"] == "needs_approval"
    return Refund.objects.get(status="needs_approval")


def refunded(payment):
    return Payment.objects.get(pk=payment.pk).amount_refunded


def fresh(refund):
    return Refund.objects.get(pk=refund.pk)


def test_a_refund_that_waits_sets_its_part_aside_and_is_sent_once_approved(
    clock, maker, checker, payment, rule, provider, broken_books
):
    rule(currency="XAF", amount_min=1_000)
    refund = waits(maker, payment, 4_000)

    assert refunded(payment) == 4_000
    assert balances(payment.merchant)["merchant_held"] == 4_000 + FEE
    assert not refund.attempts.exists() and broken_books() == {}

    answer = decide(checker, refund)

    assert answer.json()["status"] == "approved"
    assert fresh(refund).status == "pending"
    told = Event.objects.filter(object_id=refund.pk).order_by("sequence")
    assert [one.type for one in told] == ["refund.needs_approval", "refund.approved"]
    submit_due(clock.now)
    assert len(provider.book) == 1 and refunded(payment) == 4_000
    assert broken_books() == {}


def test_several_that_wait_never_give_back_more_than_was_collected(maker, payment, rule):
    rule()

    answers = [ask(maker, payment, 6_000), ask(maker, payment, 4_000), ask(maker, payment, 500)]

    assert [answer.status_code for answer in answers] == [201, 201, 422]
    assert answers[2].json()["code"] == "refund_exceeds_payment"
    assert refunded(payment) == 10_000


@pytest.mark.parametrize("how", ["rejected", "by staff", "expired", "canceled"])
def test_what_is_not_approved_can_be_refunded_again(
    maker, checker, payment, rule, how, broken_books
):
    rule()
    before = balances(payment.merchant)
    refund = waits(maker, payment)

    if how == "rejected":
        assert decide(checker, refund, is_approved=False).status_code == 200
    elif how == "by staff":
        staff_decide(refund, person("awa"), is_approved=False)
    elif how == "expired":
        expire_due(timezone.now() + timedelta(hours=25))
    else:
        answer = maker.post({}, path=f"{REFUNDS}/{refund.public_id}/cancel")
        assert answer.json()["status"] == "canceled"

    assert fresh(refund).status == "canceled"
    assert refunded(payment) == 0
    assert balances(payment.merchant) == {**before, "merchant_held": 0}
    assert not Approval.objects.filter(status="pending").exists()
    assert not ApprovalRequest.objects.filter(status="pending").exists()
    assert decide(checker, refund).status_code == 409
    again = maker.post({}, path=f"{REFUNDS}/{refund.public_id}/cancel").json()
    assert again["code"] == "refund_not_cancelable"
    assert waits(maker, payment).amount == 10_000
    assert broken_books() == {}


def test_a_refund_is_not_sent_where_the_provider_contradicts_its_payment_by_then(
    maker, checker, payment, rule
):
    rule()
    refund = waits(maker, payment)
    Attempt.objects.filter(owner_id=payment.pk).update(needs_person=True, contradiction={"a": 1})

    decide(checker, refund)

    assert (fresh(refund).status, fresh(refund).failure_code) == ("failed", "provider_declined")
    assert refunded(payment) == 0


def test_a_refund_that_no_account_can_send_by_then_fails(maker, checker, payment, rule, closed):
    rule()
    refund = waits(maker, payment)
    closed()

    decide(checker, refund)

    assert (fresh(refund).status, fresh(refund).failure_code) == ("failed", "provider_unavailable")
    assert refunded(payment) == 0


def test_a_key_that_may_give_others_the_right_to_refund_approves_no_refund(payment, rule):
    rule()
    held = [scopes.PAYOUTS_APPROVE, scopes.REFUNDS_WRITE, scopes.API_KEYS_WRITE]
    shop = Shop(payment.merchant, scopes=held)
    body = {"kind": "restricted", "scopes": [scopes.REFUNDS_WRITE]}
    straw = Shop(payment.merchant)
    straw.key = shop.post(body, path="/api/v1/api_keys").json()["secret"]
    refund = waits(straw, payment, 4_000)

    answer = decide(shop, refund)

    assert (answer.status_code, answer.json()["code"]) == (403, "approval_by_the_same_person")
    assert fresh(refund).status == "needs_approval"


def test_a_refund_of_a_merchant_disabled_meanwhile_is_not_sent(maker, payment, rule):
    rule()
    refund = waits(maker, payment, 4_000)
    Merchant.objects.update(is_active=False)

    with pytest.raises(MerchantDisabled):
        staff_decide(refund, person("awa"))
    assert fresh(refund).status == "needs_approval" and not refund.attempts.exists()


@pytest.mark.parametrize("amount", [6_001, None])
def test_a_refund_that_waits_yields_to_a_dispute(
    clock, maker, checker, payment, rule, broken_books, amount
):
    rule()
    refund = waits(maker, payment, 4_000)

    dispute = open_dispute(
        payment_id=payment.pk,
        order=DisputeOrder(reason="fraud", amount=amount),
        opened_by="provider",
        now=clock.now,
    )

    assert dispute.amount == (amount or 10_000)
    assert (fresh(refund).status, refunded(payment)) == ("canceled", 0)
    assert balances(payment.merchant)["merchant_held"] == dispute.amount
    assert Event.objects.filter(object_id=refund.pk).latest("sequence").type == "refund.canceled"
    assert not Approval.objects.filter(status="pending").exists()
    assert not ApprovalRequest.objects.filter(status="pending").exists()
    assert decide(checker, refund).status_code == 409
    assert broken_books() == {}


def test_only_as_much_yields_as_is_disputed_and_nothing_to_what_is_refused(
    clock, maker, payment, rule, broken_books
):
    rule()
    assert ask(maker, payment, 4_000).status_code == 201
    assert ask(maker, payment, 3_000).status_code == 201
    older, newer = Refund.objects.order_by("id")

    def dispute(amount):
        order = DisputeOrder(reason="fraud", amount=amount)
        open_dispute(payment_id=payment.pk, order=order, opened_by="payer", now=clock.now)

    with pytest.raises(DisputeExceedsPayment):
        dispute(payment.amount + 1)
    assert (fresh(older).status, fresh(newer).status) == ("needs_approval", "needs_approval")
    assert may_dispute(payment.pk)

    dispute(6_000)

    assert (fresh(older).status, fresh(newer).status) == ("needs_approval", "canceled")
    assert broken_books() == {}


def test_a_refund_that_is_being_sent_keeps_its_part(clock, maker, checker, payment, rule):
    rule()
    refund = waits(maker, payment)
    assert decide(checker, refund).status_code == 200

    with pytest.raises(DisputeExceedsPayment):
        open_dispute(
            payment_id=payment.pk,
            order=DisputeOrder(reason="fraud"),
            opened_by="provider",
            now=clock.now,
        )
    assert not may_dispute(payment.pk)


@pytest.mark.django_db(transaction=True)
def test_approved_and_disputed_at_the_same_moment_one_of_them_has_the_money(
    clock, maker, payment, rule, broken_books
):
    rule()
    refund = waits(maker, payment)
    together = threading.Barrier(2)

    def approve():
        approve_refund(
            refund_id=refund.pk,
            shown_digest=digest_of(refund),
            approved_by="user:1",
            source="staff",
            now=clock.now,
        )

    def contest():
        order = DisputeOrder(reason="fraud")
        open_dispute(payment_id=payment.pk, order=order, opened_by="provider", now=clock.now)

    def refusal_of(act):
        try:
            together.wait(timeout=60)
            act()
        except DomainError as refused:
            return refused.code
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(2) as pool:
        refusals = list(pool.map(refusal_of, [approve, contest]))

    assert refusals in (["", "dispute_exceeds_payment"], [WaitsNoMore.code, ""])
    assert broken_books() == {}


def test_several_just_below_a_band_are_held_once_their_sum_reaches_it(maker, payment, rule):
    rule(sum_of="merchant", sum_hours=24, amount_min=2_500, currency="XAF")

    said = [ask(maker, payment, 1_000).json()["status"] for _ in range(3)]

    assert said == ["pending", "pending", "needs_approval"]


def test_what_staff_make_has_rules_of_its_own(payment, rule):
    rule()

    refund = refund_for_merchant(
        payment_id=payment.pk,
        amount=500,
        reason="As agreed",
        refunded_before=0,
        actor="user:1",
        now=timezone.now(),
    )

    assert refund.status == "pending"


@pytest.fixture
def closed(payment):
    """Close the account that collected."""

    def close():
        account = payment.attempts.get().provider_account
        account.is_active = False
        account.save()
        clear_all()

    return close


def test_a_refund_canceled_twice_at_once_gives_back_once(maker, payment, rule):
    rule()
    refund = waits(maker, payment)

    first = maker.post({}, path=f"{REFUNDS}/{refund.public_id}/cancel", key="once")
    again = maker.post({}, path=f"{REFUNDS}/{refund.public_id}/cancel", key="once")

    assert first.content == again.content
    assert refunded(payment) == 0
    with pytest.raises(Exception, match="It is canceled"):
        cancel_refund(refund_id=refund.pk, now=timezone.now())
