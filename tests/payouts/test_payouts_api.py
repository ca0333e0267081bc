"""Payouts through the API: each refusal has its code, a repeat is one, a list is one's own."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.orchestration.models import Attempt
from apps.orchestration.services.apply_replies import apply_reply
from apps.payouts.models import Payout
from apps.providers.contract import Outcome, ProviderResult
from tests.api.conftest import Shop, refusal
from tests.factories import EndpointFactory, MerchantFactory
from tests.fakes import submit_due
from tests.payouts.conftest import BALANCE, balance, booked, give

pytestmark = pytest.mark.django_db

PAYOUTS = "/api/v1/payouts"
DOORS = [PAYOUTS, "/api/v1/mtn/disbursement"]


def body(**changes):
    return {"amount": 1_000, "currency": "XAF", "payee": {"phone": "677000003"}, **changes}


@pytest.fixture
def shop(merchant):
    return Shop(merchant)


@pytest.mark.parametrize("path", DOORS)
def test_a_payout_is_answered_at_once(clock, shop, path):
    wanted = body(reference="wages-7", description="November", metadata={"employee": "42"})

    answer = shop.post(wanted, path=path)

    assert answer.status_code == 201, answer.content
    assert answer.json() == {
        "id": Payout.objects.get().public_id,
        "object": "payout",
        "livemode": False,
        "status": "pending",
        "amount": 1_000,
        "currency": "XAF",
        "fee": 0,
        "fee_tax": 0,
        "fee_line": None,
        "country": "CM",
        "operator": "mtn",
        "provider": "fake",
        "payee": {"phone": "+237 •••••••03"},
        "reference": "wages-7",
        "description": "November",
        "metadata": {"employee": "42"},
        "failure_code": None,
        "approval": None,
        "created_at": "2026-03-02T09:00:00.000Z",
        "completed_at": None,
    }
    assert balance(shop.merchant) == BALANCE - 1_000


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"amount": 0}, (400, "amount_not_positive", "amount")),
        ({"amount": -5}, (400, "amount_not_positive", "amount")),
        ({"amount": "5"}, (400, "amount_not_integer", "amount")),
        ({"amount": 10**18}, (400, "amount_too_large", "amount")),
        ({"amount": BALANCE + 1}, (422, "balance_too_low", "amount")),
        ({"amount": 50}, (422, "amount_out_of_range", "amount")),
        ({"currency": "JPY"}, (400, "unknown_currency", "currency")),
        ({"currency": "XOF"}, (422, "no_rail", "currency")),
        ({"payee": {"phone": "699000001"}}, (422, "no_rail", "payee.phone")),
        ({"payee": {"phone": "12"}}, (400, "invalid_phone_number", "payee.phone")),
        ({"payee": {}}, (400, "required", "payee.phone")),
        ({"payer": {"phone": "677000003"}}, (400, "unknown_field", "payer")),
    ],
)
def test_what_cannot_be_paid_has_its_own_code_and_nothing_is_recorded(shop, changes, wanted):
    answer = shop.post(body(**changes), path=PAYOUTS)

    assert refusal(answer) == wanted
    assert not Payout.objects.exists()
    assert not Attempt.objects.filter(owner_type="payout").exists()
    assert balance(shop.merchant) == BALANCE


def test_a_number_of_another_operator_is_shown_the_right_door(shop):
    answer = shop.post(body(payee={"phone": "699000001"}), path=DOORS[1])

    assert refusal(answer) == (422, "wrong_operator", "payee.phone")
    assert "/api/v1/payouts" in answer.json()["detail"]


def test_the_same_request_again_is_the_first_answer_byte_for_byte(clock, provider, shop):
    first = shop.post(body(), path=PAYOUTS, key="again")
    submit_due(clock.now)

    second = shop.post(body(), path=PAYOUTS, key="again")

    assert second.content == first.content
    assert second["Idempotent-Replayed"] == "true"
    assert Payout.objects.count() == len(provider.paid_orders) == 1
    assert balance(shop.merchant) == BALANCE - 1_000


def test_one_key_of_two_merchants_names_two_payouts(account, shop):
    other = Shop(MerchantFactory())
    give(other.merchant, account)
    first = shop.post(body(), path=PAYOUTS, key="wages-7")

    second = other.post(body(), path=PAYOUTS, key="wages-7")

    assert (first.status_code, second.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in second
    paid = {one.public_id: one.merchant_id for one in Payout.objects.all()}
    assert paid == {
        first.json()["id"]: shop.merchant.pk,
        second.json()["id"]: other.merchant.pk,
    }
    assert balance(shop.merchant) == balance(other.merchant) == BALANCE - 1_000


def test_a_repeat_is_answered_though_the_balance_is_spent_and_the_rail_closed(shop, account):
    first = shop.post(body(amount=BALANCE), path=PAYOUTS, key="again")
    account.is_active = False
    account.save()

    assert shop.post(body(amount=BALANCE), path=PAYOUTS, key="again").content == first.content


def test_another_body_under_the_same_key_is_refused(shop):
    shop.post(body(), path=PAYOUTS, key="again")

    answer = shop.post(body(amount=2_000), path=PAYOUTS, key="again")

    assert refusal(answer)[:2] == (422, "idempotency_key_reused")
    assert Payout.objects.count() == 1


def test_what_was_refused_leaves_its_key_unused(shop):
    shop.post(body(amount=BALANCE + 1), path=PAYOUTS, key="again")

    assert shop.post(body(), path=PAYOUTS, key="again").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_a_double_click_is_one_payout(shop):
    answers, start = [], threading.Barrier(2)
    shop.get(PAYOUTS)

    def click():
        start.wait()
        try:
            answers.append(shop.post(body(), path=PAYOUTS, key="click"))
        finally:
            connection.close()

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses in ([201, 201], [201, 409])
    assert Payout.objects.count() == 1
    assert balance(shop.merchant) == BALANCE - 1_000


def test_a_new_payout_after_a_failure_has_a_new_reference(clock, provider, shop):

    shop.post(body(), path=PAYOUTS, key="first")
    submit_due(clock.now)
    failed = Payout.objects.get()
    apply_reply(
        attempt_id=failed.attempts.get().pk,
        answer=ProviderResult(Outcome.FAILED),
        source="callback",
        now=clock.now,
    )

    shop.post(body(), path=PAYOUTS, key="second")
    submit_due(clock.now)

    assert len({order.reference for order in provider.paid_orders}) == 2
    assert booked(failed) == ["payout_held", "payout_returned"]


def test_too_many_payouts_to_one_payee_are_a_program_in_a_loop(shop, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "payer_test": 2}
    for _ in range(2):
        assert shop.post(body(amount=100), path=PAYOUTS, key=None).status_code == 201

    answer = shop.post(body(amount=100), path=PAYOUTS)
    other = shop.post(body(amount=100, payee={"phone": "677000004"}), path=PAYOUTS)

    assert refusal(answer)[:2] == (429, "payee_rate_limited")
    assert int(answer["Retry-After"]) > 0
    assert other.status_code == 201


def test_a_list_has_what_was_asked_for_newest_first(clock, shop, create):
    first = create(merchant_reference="wages-1")
    clock.advance(minutes=1)
    second = create(merchant_reference="wages-2", phone="677000004")
    clock.advance(minutes=1)

    def found(**query):
        answer = shop.get(PAYOUTS, **query)
        assert answer.status_code == 200, answer.content
        return [one["id"] for one in answer.json()["data"]]

    ids = [first.public_id, second.public_id]
    assert found() == ids[::-1]
    assert found(reference="wages-1") == ids[:1]
    assert found(phone="+237 6 77 00 00 04") == ids[1:]
    assert found(status="pending") == ids[::-1]
    assert found(status="failed,verifying") == []
    assert found(created_after=second.created_at.isoformat()) == ids[1:]
    assert found(created_before=second.created_at.isoformat()) == ids[:1]
    assert found(starting_after=ids[1]) == ids[:1]
    assert found(limit=1) == ids[1:]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"status": "gone"}, "invalid_parameter"),
        ({"payer": "x"}, "unknown_parameter"),
        ({"phone": "12"}, "invalid_phone_number"),
        ({"created_after": "yesterday"}, "invalid_parameter"),
        ({"starting_after": "pay_1"}, "invalid_page"),
    ],
)
def test_a_list_refuses_what_it_does_not_know(shop, query, code):
    assert refusal(shop.get(PAYOUTS, **query))[1] == code


def test_a_payout_is_found_by_its_id_or_its_newest_reference(clock, shop, create):
    create(merchant_reference="wages/7")
    clock.advance(seconds=1)
    newest = create(merchant_reference="wages/7")

    for path in (
        f"{PAYOUTS}/{newest.public_id}",
        f"/api/v1/mtn/disbursement/status/{newest.public_id}",
        "/api/v1/mtn/disbursement/status/wages/7",
    ):
        assert shop.get(path).json()["id"] == newest.public_id
    timeline = shop.get(f"{PAYOUTS}/{newest.public_id}/timeline").json()["data"]
    assert [entry["title"] for entry in timeline][:1] == ["payout pending"]
    assert "payout_held 1000 XAF" in [entry["title"] for entry in timeline]


def test_another_merchants_and_another_modes_are_not_found(shop, account, create):
    other = Shop(MerchantFactory())
    live = Shop(shop.merchant, livemode=True)
    payout = create(merchant_reference="wages-7")

    for path in (
        f"{PAYOUTS}/{payout.public_id}",
        f"{PAYOUTS}/{payout.public_id}/timeline",
        f"/api/v1/mtn/disbursement/status/{payout.public_id}",
        "/api/v1/mtn/disbursement/status/wages-7",
    ):
        assert refusal(other.get(path))[:2] == (404, "payout_not_found")
        assert live.get(path).status_code == 404
    assert other.get(PAYOUTS).json()["data"] == live.get(PAYOUTS).json()["data"] == []


def test_a_key_without_the_scope_may_not(shop):
    reader = Shop(shop.merchant, scopes=["payouts:read"])

    assert reader.get(PAYOUTS).status_code == 200
    assert refusal(reader.post(body(), path=PAYOUTS))[1] == "scope_missing"
    assert not Payout.objects.exists()


def test_the_balance_lists_what_went_out_and_what_came_back(clock, shop, create, account):
    payout = create()

    found = shop.get("/api/v1/balance/transfers", payout=payout.public_id).json()["data"]

    ((kind, direction, source, payment),) = [
        (one["kind"], one["direction"], one["source"], one["payment"]) for one in found
    ]
    assert (kind, direction, source, payment) == ("payout_held", "out", payout.public_id, None)


@pytest.mark.django_db(transaction=True)
def test_creating_a_payout_costs_a_bounded_number_of_statements(shop, account):
    EndpointFactory(merchant=shop.merchant)
    assert shop.post(body(), path=PAYOUTS).status_code == 201

    with CaptureQueriesContext(connection) as sent:
        answer = shop.post(body(), path=PAYOUTS)

    said = [query["sql"].split()[0].upper() for query in sent]
    assert answer.status_code == 201
    # The key's lock and its record, whether its reference is another's, the lock and the balance of
    # the hold, the payout, the answer.
    assert len([word for word in said if word not in {"BEGIN", "COMMIT"}]) == 7
    assert said.count("COMMIT") == 1
