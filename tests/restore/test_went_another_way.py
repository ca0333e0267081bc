"""What the database forgot went by the rail's own refund, or as a payment to the payer, and would
go by the other now: it is asked about both ways, and the payer has the money once."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from apps.audit.models import AuditEntry
from apps.core.ttl_cache import clear_all
from apps.orchestration.models import Attempt
from apps.orchestration.selectors.load_attempts import load_attempt
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.orchestration.services.submit_attempt import _prepare as prepare
from apps.payments.models import Payment
from apps.payouts.models import Payout
from apps.providers.contract import (
    FailureCode,
    NotSent,
    Operation,
    Outcome,
    OutcomeUnknown,
    perform,
)
from apps.providers.models import ProviderAccount
from apps.providers.registry import encrypt_credentials
from apps.providers.simulation.process import SimulatorProcess
from apps.refunds.models import Refund
from tests.api.conftest import Shop, payment_body
from tests.factories import MerchantFactory
from tests.fakes import FAKE, open_account, raising, register, submit_due
from tests.payouts.conftest import OPERATIONS, give
from tests.payouts.fakes import PayingProvider
from tests.providers.rails import CREDENTIALS
from tests.restore.conftest import forgotten
from tests.restore.test_went_on_elsewhere import OTHER, OtherConnector

pytestmark = pytest.mark.django_db

REFUNDS, PAYMENTS, PAYOUTS = "/api/v1/refunds", "/api/v1/payments", "/api/v1/payouts"
EVERYTHING = ["collect", "refund", "disburse"]
# What the account is for while the refund goes this way.
ONLY = {"refund": ["collect", "refund"], "disburse": ["collect", "disburse"]}
MTN_SAYS = {"refund": "refund", "disburse": "transfer"}
WAYS = pytest.mark.parametrize(("went", "goes"), [("refund", "disburse"), ("disburse", "refund")])


def change_account(**fields):
    ProviderAccount.objects.filter(connector__in=[FAKE, "mtn_momo"]).update(**fields)
    clear_all()


def last():
    return Attempt.objects.order_by("-id")[0]


def ask(clock):
    refresh_attempt(attempt_id=last().pk, source="poll", now=clock.now)


@pytest.fixture(scope="module")
def simulators(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ways")
    with SimulatorProcess(
        data_dir=folder / "data", report_dir=folder / "reports", approve_after_s=0.0
    ) as process:
        yield process


@pytest.fixture
def paid_at_mtn(clock, simulators):
    """Its simulator keeps what is given back and what is paid out apart, and has a clock of its
    own."""
    clock.now = datetime.now(UTC)
    account_id = uuid.uuid4()
    credentials = {"base_url": f"{simulators.url}/mtn_momo", **CREDENTIALS["mtn_momo"]}
    open_account(
        id=account_id,
        connector="mtn_momo",
        operations=EVERYTHING,
        credentials_encrypted=encrypt_credentials(account_id, credentials),
    )
    shop = Shop(MerchantFactory(fee_basis_points=0))
    assert shop.post(payment_body(), path=PAYMENTS).status_code == 201
    submit_due(clock.now)
    ask(clock)
    assert Payment.objects.get().status == "succeeded"
    return shop


@pytest.mark.django_db(transaction=True)
@WAYS
def test_a_refund_whose_way_changed_is_given_once(
    clock, simulators, paid_at_mtn, restore, release, broken_books, went, goes
):
    body = {"payment": Payment.objects.get().public_id}

    def refund(way):
        change_account(operations=ONLY[way])
        assert paid_at_mtn.post(body, key="k", path=REFUNDS).status_code == 201
        assert last().operation == way
        return last().reference

    with forgotten():
        sent = refund(went)
        connector, request = prepare(load_attempt(last().pk))
    perform(connector, Operation(went), request)
    restore()
    refund(goes)

    release()
    ask(clock)

    book = simulators.control("GET", "/books/mtn_momo")
    out = [one for one in book if one["reference"] == str(sent)]
    assert [one["kind"] for one in out] == [MTN_SAYS[went]]
    found = Refund.objects.get()
    assert (found.status, found.way) == ("succeeded", went)
    assert last().operation == went
    detail = AuditEntry.objects.get(action="attempt.found_elsewhere").detail
    assert (detail["was_operation"], detail["operation"]) == (goes, went)
    assert not broken_books()


@pytest.fixture
def other(monkeypatch, account):
    """Another account, which pays out alone."""
    there = PayingProvider()
    register(monkeypatch, {OTHER: (there, OtherConnector)})
    open_account(connector=OTHER, operations=["disburse"], priority=1)
    change_account(operations=EVERYTHING)
    return there


@pytest.fixture
def refund(shop, merchant, account):
    paid = give(merchant, account, 500)

    def post():
        answer = shop.post({"payment": paid.public_id}, key="k", path=REFUNDS)
        assert answer.status_code == 201, answer.content

    return post


def test_given_back_by_the_rail_it_is_not_paid_by_another_account(
    clock, provider, other, refund, restore, release, broken_books
):
    with forgotten():
        refund()
        submit_due(clock.now)
        provider.settle(last().reference, Outcome.SUCCEEDED)
    restore()
    change_account(operations=["collect"])
    refund()
    assert (last().operation, last().provider_account.connector) == ("disburse", OTHER)

    release()

    assert other.paid_orders == []
    found = Refund.objects.get()
    assert (found.status, found.provider) == ("succeeded", FAKE)
    assert not broken_books()


def test_paid_by_another_account_it_is_not_given_back_by_the_rail(
    clock, provider, other, refund, restore, release, broken_books
):
    change_account(operations=["collect"])
    with forgotten():
        refund()
        submit_due(clock.now)
        (sent,) = other.book
        other.settle(sent, Outcome.SUCCEEDED)
    restore()
    change_account(operations=EVERYTHING)
    refund()
    assert last().operation == "refund"

    release()

    assert provider.orders == []
    found = Refund.objects.get()
    assert (found.status, found.way, found.provider) == ("succeeded", "disburse", OTHER)
    assert not broken_books()


def test_while_one_way_cannot_be_asked_about_a_refund_goes_neither(
    clock, provider, other, refund, restore, release
):
    restore()
    refund()
    other.on_query = [raising(OutcomeUnknown("no answer"))] * 10

    release()

    assert (provider.orders, other.paid_orders) == ([], [])
    assert last().status == "unknown"


def test_a_refund_that_nobody_knows_of_is_given_once(
    clock, provider, other, refund, restore, release
):
    restore()
    refund()

    release()

    assert [one.reference for one in provider.orders] == [last().reference]
    assert other.paid_orders == []


def test_a_rail_that_lists_refunds_by_the_day_is_asked_of_the_days_that_were_forgotten(
    clock, provider, refund, restore, release
):
    change_account(operations=ONLY["refund"])
    remembered = last().created_at
    clock.advance(hours=1)
    restore()
    restore()
    clock.advance(days=3)
    refund()

    release()

    asked = [one.ordered_at for one in provider.queries if one.operation is Operation.REFUND]
    assert min(asked) == remembered
    assert len(provider.orders) == 1


@pytest.fixture
def elsewhere(monkeypatch, account):
    there = PayingProvider()
    register(monkeypatch, {OTHER: (there, OtherConnector)})
    open_account(connector=OTHER, operations=OPERATIONS, priority=1)
    clear_all()
    return there


@pytest.fixture
def order(shop):
    def post():
        body = {"amount": 1_000, "currency": "XAF", "payee": {"phone": "677000003"}}
        assert shop.post(body, key="k", path=PAYOUTS).status_code == 201

    return post


@pytest.mark.parametrize("change", [{"is_active": False}, {"operations": ["collect"]}])
def test_what_an_account_was_given_before_it_was_taken_out_of_use_is_found_there(
    clock, provider, elsewhere, order, restore, release, change
):
    with forgotten():
        order()
        submit_due(clock.now)
        (sent,) = elsewhere.book
        elsewhere.settle(sent, Outcome.SUCCEEDED)
    restore()
    ProviderAccount.objects.filter(connector=OTHER).update(**change)
    clear_all()
    order()

    release()

    assert provider.paid_orders == []
    assert Payout.objects.get().status == "succeeded"


@pytest.mark.parametrize("is_lasting", [True, False])
def test_an_account_out_of_use_is_left_out_only_where_its_provider_knows_us_no_more(
    clock, provider, elsewhere, order, restore, release, is_lasting
):
    restore()
    ProviderAccount.objects.filter(connector=OTHER).update(is_active=False)
    clear_all()
    order()
    code = FailureCode.CONFIGURATION if is_lasting else None
    elsewhere.on_query = [raising(NotSent("no token", failure_code=code))] * 10

    release()

    assert len(provider.paid_orders) == is_lasting
    assert last().status == ("pending" if is_lasting else "unknown")
