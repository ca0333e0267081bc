"""What came to a balance and went from it, as the ledger has it."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.public_ids import encode_id, new_id_at
from tests.api.conftest import refusal
from tests.factories import PaymentFactory
from tests.fakes import START

pytestmark = pytest.mark.django_db

TRANSFERS = "/api/v1/balance/transfers"


@pytest.fixture
def paid(shop):
    """Three payments that succeeded, an hour apart, the last in another currency."""
    return [
        PaymentFactory(
            merchant=shop.merchant,
            succeeded=True,
            amount=1_000 + hour,
            fee=fee,
            currency=currency,
            created_at=START + timedelta(hours=hour),
        )
        for hour, (currency, fee) in enumerate([("XAF", 20), ("XAF", 0), ("XOF", 20)])
    ]


def brief(answer):
    assert answer.status_code == 200, answer.content
    return [(one["kind"], one["amount"], one["currency"]) for one in answer.json()["data"]]


def test_each_movement_says_what_it_was_and_for_which_payment(shop, paid):
    page = shop.get(TRANSFERS, payment=paid[0].public_id).json()

    fee, gross = page["data"]
    assert gross.pop("id").startswith("tr_")
    assert gross == {
        "object": "transfer",
        "livemode": False,
        "kind": "gross",
        "direction": "in",
        "amount": 1_000,
        "currency": "XAF",
        "payment": paid[0].public_id,
        "source": paid[0].public_id,
        "created_at": "2026-03-02T09:00:00.000Z",
    }
    assert (fee["kind"], fee["direction"], fee["amount"]) == ("fee", "out", 20)
    assert page["has_more"] is False


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["fee 20", "gross 1002", "gross 1001", "fee 20", "gross 1000"]),
        ({"kind": "fee"}, ["fee 20", "fee 20"]),
        ({"kind": "gross,fee", "currency": "XOF"}, ["fee 20", "gross 1002"]),
        ({"currency": "EUR"}, []),
        ({"created_after": "2026-03-02T10:00:00Z", "kind": "gross"}, ["gross 1002", "gross 1001"]),
        ({"created_before": "2026-03-02T10:00:00Z"}, ["fee 20", "gross 1000"]),
    ],
)
def test_a_filter_finds_all_that_fit(shop, paid, query, expected):
    found = [f"{kind} {amount}" for kind, amount, _ in brief(shop.get(TRANSFERS, **query))]

    assert found == expected


def test_the_sum_of_the_movements_is_the_balance(shop, paid):
    total = {}
    for one in shop.get(TRANSFERS, limit=100).json()["data"]:
        sign = {"in": 1, "out": -1}[one["direction"]]
        total[one["currency"]] = total.get(one["currency"], 0) + sign * one["amount"]

    balance = shop.get("/api/v1/balance").json()["available"]
    assert total == {one["currency"]: one["amount"] for one in balance}


def test_pages_follow_each_other_through_what_one_instant_made(shop):
    for number in range(5):
        PaymentFactory(
            merchant=shop.merchant, succeeded=True, created_at=START + timedelta(hours=number // 3)
        )
    whole = [one["id"] for one in shop.get(TRANSFERS).json()["data"]]

    found, cursor = [], {}
    while True:
        page = shop.get(TRANSFERS, limit=3, **cursor).json()
        found += [one["id"] for one in page["data"]]
        if not page["has_more"]:
            break
        cursor = {"starting_after": found[-1]}

    assert found == whole
    assert len(found) == 10


def test_what_others_and_the_other_mode_moved_is_never_seen(shop, paid):
    theirs = PaymentFactory(succeeded=True)
    PaymentFactory(merchant=shop.merchant, livemode=True, succeeded=True)

    assert len(shop.get(TRANSFERS).json()["data"]) == 5
    assert brief(shop.get(TRANSFERS, payment=theirs.public_id)) == []


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"status": "paid"}, "unknown_parameter", "status"),
        ({"kind": "gift"}, "invalid_parameter", "kind"),
        ({"currency": "xaf"}, "invalid_parameter", "currency"),
        ({"payment": "order-7"}, "invalid_parameter", "payment"),
        ({"created_after": "soon"}, "invalid_parameter", "created_after"),
        ({"limit": "101"}, "invalid_page", "limit"),
        ({"starting_after": "pay_1"}, "invalid_page", "starting_after"),
    ],
    ids=lambda value: "&".join(value) if isinstance(value, dict) else None,
)
def test_a_parameter_that_cannot_be_served_is_refused_by_its_name(shop, query, code, field):
    assert refusal(shop.get(TRANSFERS, **query)) == (400, code, field)


@pytest.mark.parametrize(
    "place",
    [UUID(int=0), UUID(int=2**128 - 1), new_id_at(START + timedelta(minutes=90))],
    ids=["before all", "after all", "between"],
)
def test_a_place_nobody_has_is_refused(shop, paid, place):
    page = shop.get(TRANSFERS, starting_after=encode_id("tr", place))

    assert refusal(page) == (400, "invalid_page", "starting_after")


@pytest.mark.parametrize("count", [1, 20])
def test_a_page_costs_one_statement_and_one_to_find_its_place(shop, count):
    for _ in range(count):
        PaymentFactory(merchant=shop.merchant, succeeded=True)
    newest = shop.get(TRANSFERS, limit=1).json()["data"][0]["id"]

    with CaptureQueriesContext(connection) as first:
        shop.get(TRANSFERS, limit=100)
    with CaptureQueriesContext(connection) as second:
        shop.get(TRANSFERS, limit=100, starting_after=newest)

    assert (len(first), len(second)) == (1, 2)
