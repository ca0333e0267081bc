from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.core.models import IdempotencyRecord, OutboxMessage
from apps.core.money import Money
from apps.fees.selectors.promise_fee import FeeNotConvertible
from apps.orchestration.models import Attempt, StatusChange
from apps.payments.models import Payment
from apps.providers.models import NumberPlanRule
from apps.providers.rules.phone_numbers import InvalidPhoneNumber
from apps.routing.rules.refusals import AmountOutOfRange, NoRail, RailClosed
from apps.webhooks.models import Delivery, Event
from tests.factories import EndpointFactory, MerchantFactory, charge
from tests.fakes import open_account

pytestmark = pytest.mark.django_db

ORANGE = "690000001"


def test_a_payment_is_born_with_its_attempt_history_event_promise_and_answer(
    clock, account, create
):
    merchant = MerchantFactory()
    EndpointFactory(merchant=merchant, event_types=["payment.created"])
    # Who names no types is not told what its own request was just answered.
    EndpointFactory(merchant=merchant)

    payment = create(merchant=merchant, merchant_reference="order-7")

    attempt = payment.attempts.get()
    assert (payment.status, attempt.status) == ("pending", "created")
    assert (payment.operator, payment.country, payment.provider) == ("mtn", "CM", "fake")
    assert payment.expires_at == clock.now + timedelta(seconds=600)
    assert attempt.provider_account_id == account.pk
    assert attempt.reference.version == 4
    # Its own queue: no message says it once more.
    assert attempt.next_check_at == clock.now
    assert not OutboxMessage.objects.exists()
    assert Event.objects.get().type == "payment.created"
    assert Delivery.objects.get().next_attempt_at == clock.now
    assert IdempotencyRecord.objects.get().status_code == 201
    assert StatusChange.objects.count() == 2


def test_all_of_it_is_one_statement(account, create):
    merchant = MerchantFactory()
    create(merchant=merchant)

    with CaptureQueriesContext(connection) as sent:
        create(merchant=merchant)

    # The second is the fixture's own look at what was made.
    assert [query["sql"].split()[0] for query in sent] == ["WITH", "SELECT"]


def test_the_payers_number_is_kept_sealed_and_shown_masked(account, create):
    payment = create(phone="+237 6 77 00 00 01")

    assert payment.payer_msisdn_masked == "+237 •••••••01"
    assert b"237677000001" not in bytes(payment.payer_msisdn_encrypted)


@pytest.mark.parametrize(
    ("basis_points", "fixed", "amount", "fee"),
    [
        (200, 0, 1_500, 30),
        (200, 0, 333, 7),
        (200, 0, 124, 2),
        (200, 0, 125, 3),
        (0, 0, 1_500, 0),
        (0, 25, 1_500, 25),
        (180, 25, 5_000, 115),
        # Never more than the payment itself.
        (0, 5_000, 100, 100),
        (10_000, 1, 100, 100),
    ],
)
def test_the_fee_is_the_share_half_up_plus_the_fixed_part(
    account, create, basis_points, fixed, amount, fee
):
    merchant = MerchantFactory(fee_basis_points=basis_points, fee_fixed=fixed)

    assert create(merchant=merchant, amount=amount).fee == fee


@pytest.mark.parametrize(
    ("fixed", "fee_currency", "currency", "fee"),
    [
        (100, "XAF", "XAF", 100),
        (100, "XAF", "XOF", 100),
        # 100 francs are 15 cents, not a euro.
        (100, "XAF", "EUR", 15),
        (100, "EUR", "XAF", 656),
        (30, "USD", "USD", 30),
        # Said nowhere, it is in the merchant's own currency.
        (100, "", "EUR", 15),
    ],
)
def test_a_fixed_fee_in_another_currency_is_converted_at_the_parity(
    provider, create, fixed, fee_currency, currency, fee
):
    open_account(currency=currency)
    merchant = MerchantFactory(
        currency="XAF", fee_basis_points=0, fee_fixed=fixed, fee_currency=fee_currency
    )

    assert create(merchant=merchant, amount=5_000, currency=currency).fee == fee


@pytest.mark.parametrize(("fee_currency", "currency"), [("XAF", "USD"), ("USD", "XAF")])
def test_a_fixed_fee_without_parity_is_refused_and_nothing_is_kept(
    provider, create, fee_currency, currency
):
    open_account(currency=currency)
    merchant = MerchantFactory(fee_fixed=100, fee_currency=fee_currency)

    with pytest.raises(FeeNotConvertible) as refused:
        create(merchant=merchant, currency=currency)

    assert refused.value.field == "currency"
    for model in (Payment, Attempt, Event, OutboxMessage, IdempotencyRecord):
        assert not model.objects.exists()


def test_a_repeated_request_has_its_first_answer_though_the_fee_has_changed_since(provider, create):
    open_account(currency="USD")
    merchant = MerchantFactory(fee_basis_points=200)
    first = create(merchant=merchant, currency="USD", key="order-1")
    charge(merchant, basis_points=Decimal(200), fixed=100)

    assert create(merchant=merchant, currency="USD", key="order-1") == first


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"is_active": False}, "closed by staff"),
        ({"currency": "XOF"}, "other currency"),
        ({"amount_min": 1_501}, "amount too small"),
        ({"amount_max": 1_499}, "amount too large"),
    ],
)
def test_the_payment_keeps_why_each_account_was_dropped(account, create, fields, reason):
    dropped = open_account(priority=1, **fields)

    payment = create()

    reasons = {entry["account"]: entry["reason"] for entry in payment.candidates}
    assert reasons == {str(account.pk): "kept", str(dropped.pk): reason}
    assert payment.attempts.get().provider_account_id == account.pk


@pytest.mark.parametrize(
    "fields",
    [
        {"livemode": True},
        {"connector": "orange_webpay"},
        {"connector": "gone"},
        {"country": "CI"},
        {"operations": ["disburse"]},
        {"merchant_id": "another's"},
    ],
)
def test_a_payment_keeps_nothing_of_accounts_that_could_not_serve_it(account, create, fields):
    """However many merchants have accounts of their own, a payment's row does not grow."""
    if "merchant_id" in fields:
        fields = {"merchant_id": MerchantFactory().pk}
    open_account(priority=1, **fields)

    payment = create()

    assert [entry["account"] for entry in payment.candidates] == [str(account.pk)]
    assert payment.attempts.get().provider_account_id == account.pk


def test_ones_own_contract_then_priority_then_weight_decide(provider, create):
    merchant = MerchantFactory()
    light = open_account(priority=5, weight=1)
    heavy = open_account(priority=5, weight=9)
    last = open_account(priority=6, weight=99)
    own = open_account(priority=100, merchant_id=merchant.pk)

    payment = create(merchant=merchant)

    order = [entry["account"] for entry in payment.candidates]
    assert order == [str(row.pk) for row in (own, heavy, light, last)]


@pytest.mark.parametrize(
    ("account_fields", "fields", "refusal", "named"),
    [
        ({}, {"phone": ORANGE}, NoRail, "payer.phone"),
        ({}, {"currency": "XOF"}, NoRail, "currency"),
        ({}, {"amount": 99}, AmountOutOfRange, "amount"),
        ({}, {"amount": 1_000_001}, AmountOutOfRange, "amount"),
        ({"is_active": False}, {}, RailClosed, ""),
        ({"livemode": True}, {}, NoRail, "payer.phone"),
        ({}, {"phone": "12"}, InvalidPhoneNumber, "payer.phone"),
        ({}, {"operator": "wave"}, NoRail, "payer.phone"),
    ],
)
def test_what_no_rail_serves_is_refused_by_name_and_nothing_is_kept(
    provider, create, account_fields, fields, refusal, named
):
    open_account(**account_fields)

    with pytest.raises(refusal) as refused:
        create(**fields)

    assert refused.value.field == named
    for model in (Payment, Attempt, Event, OutboxMessage, IdempotencyRecord):
        assert not model.objects.exists()


def test_a_refused_amount_is_told_the_limits_that_bind(provider, create):
    # The rail's own limits, 100 to 1,000,000, are narrower than the account's on one side.
    open_account(amount_min=500, amount_max=9_000_000)

    with pytest.raises(AmountOutOfRange) as refused:
        create(amount=1_000_001)

    assert refused.value.detail == "This rail takes 500 XAF to 1\u202f000\u202f000 XAF."


def test_a_payer_may_name_the_operator_of_a_ported_number(account, create):
    assert create(phone=ORANGE, operator="mtn").operator == "mtn"


def test_our_number_plan_corrects_the_library_from_its_day_on(clock, account, create):
    rule = NumberPlanRule.objects.create(
        country="CM", prefix="690", operator="mtn", valid_from=clock.now.date()
    )

    assert create(phone=ORANGE).operator == "mtn"
    assert str(rule) == "CM 690 mtn"


def test_a_closed_rail_does_not_unsay_an_answer(account, create):
    merchant = MerchantFactory()
    first = create(merchant=merchant, key="order-1")
    account.is_active = False
    account.save()
    from apps.core.ttl_cache import clear_all

    clear_all()

    assert create(merchant=merchant, key="order-1") == first
    assert Payment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_crash_before_the_commit_leaves_nothing(account, create):
    with pytest.raises(RuntimeError), transaction.atomic():
        create()
        raise RuntimeError

    assert not Payment.objects.exists()
    assert not IdempotencyRecord.objects.exists()


def test_the_money_asked_for_is_exactly_the_money_sent(clock, account, provider, create):
    from tests.fakes import submit_due

    create(amount=123_456, description="Livre")
    submit_due(clock.now)

    (order,) = provider.orders
    assert Money(order.amount, order.currency) == Money(123_456, "XAF")
    assert (order.payer_msisdn, order.description) == ("237677000001", "Livre")
