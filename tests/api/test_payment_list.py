"""Finding payments again: every filter, alone and together, at the price of a page."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.public_ids import new_id_at
from apps.payments.models import MetadataEntry, Payment
from apps.payments.rules.metadata_search import entries_of
from tests.api.conftest import PAYMENTS, payment_body, refusal
from tests.factories import PaymentFactory, ProviderAccountFactory
from tests.fakes import FAKE, START
from tests.query_plans import plan_of, rows_of

pytestmark = pytest.mark.django_db


def ids(answer):
    assert answer.status_code == 200, answer.content
    return [payment["id"] for payment in answer.json()["data"]]


@pytest.fixture
def make(shop):
    """A payment of the shop."""

    def make_one(**fields):
        return PaymentFactory(merchant=shop.merchant, **fields)

    return make_one


@pytest.fixture
def three(make):
    """Three payments that differ in everything that can be asked for, the newest first."""
    account = ProviderAccountFactory(connector="orange_webpay")
    made = [
        make(
            created_at=START,
            submitted=True,
            merchant_reference="a",
            payer_msisdn="237677000001",
            metadata={"cart": "1", "page": "home"},
        ),
        make(
            created_at=START + timedelta(days=1),
            succeeded=True,
            merchant_reference="b",
            payer_msisdn="237699000001",
            operator="orange",
            account=account,
            metadata={"cart": "2", "page": "home"},
        ),
        make(
            created_at=START + timedelta(days=2),
            failed=True,
            merchant_reference="b",
            payer_msisdn="2250700000001",
            currency="XOF",
            country="CI",
            metadata={"cart": "2"},
        ),
    ]
    return [payment.public_id for payment in reversed(made)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "pending"}, [2]),
        ({"status": "succeeded,failed"}, [0, 1]),
        ({"status": "verifying"}, []),
        ({"created_after": "2026-03-03T09:00:00Z"}, [0, 1]),
        ({"created_after": "2026-03-03T09:00:00.001Z"}, [0]),
        ({"created_before": "2026-03-03T09:00:00Z"}, [2]),
        ({"created_before": "2026-03-03T09:00:00.001Z"}, [1, 2]),
        ({"created_after": "2026-03-03", "created_before": "2026-03-04"}, [1]),
        ({"created_after": "2026-03-03T10:00:00+01:00"}, [0, 1]),
        ({"created_before": "1900-01-01"}, []),
        ({"created_before": "9999-12-31T23:59:59Z"}, [0, 1, 2]),
        ({"reference": "b"}, [0, 1]),
        ({"reference": "B"}, []),
        ({"phone": "677000001"}, [2]),
        ({"phone": "+237 6 77-00 00.01"}, [2]),
        ({"phone": "00237699000001"}, [1]),
        ({"phone": "+225 07 00 00 00 01"}, [0]),
        ({"phone": "677000009"}, []),
        ({"provider": "orange_webpay"}, [1]),
        ({"provider": "mtn_momo,orange_webpay"}, [0, 1, 2]),
        ({"operator": "orange"}, [1]),
        ({"operator": "wave"}, []),
        ({"currency": "XOF"}, [0]),
        ({"metadata[cart]": "2"}, [0, 1]),
        ({"metadata[cart]": "2", "metadata[page]": "home"}, [1]),
        ({"metadata[cart]": "22"}, []),
        ({"metadata[page]": "home", "status": "pending"}, [2]),
        ({"metadata[page]": "home", "status": "failed"}, []),
        ({"reference": "b", "status": "failed"}, [0]),
        ({"reference": "b", "phone": "699000001", "operator": "orange"}, [1]),
        ({"operator": "mtn", "currency": "XAF", "created_after": "2026-03-01"}, [2]),
        ({"reference": "", "phone": ""}, [0, 1, 2]),
    ],
    ids=lambda value: (
        "&".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else None
    ),
)
def test_a_filter_finds_all_that_fit_and_nothing_else(shop, three, query, expected):
    assert ids(shop.get(PAYMENTS, **query)) == [three[number] for number in expected]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"status": "pending"},
        {"reference": "r"},
        {"phone": "677000001"},
        {"metadata[k]": "v"},
        {"created_after": "2026-03-01"},
        {"metadata[k]": "v", "status": "pending"},
    ],
    ids=lambda query: "&".join(query) or "none",
)
def test_what_others_have_and_the_other_mode_has_is_never_found(shop, make, query):
    alike = {"created_at": START, "merchant_reference": "r", "metadata": {"k": "v"}}
    own = make(**alike)
    PaymentFactory(**alike)
    make(livemode=True, **alike)

    assert ids(shop.get(PAYMENTS, **query)) == [own.public_id]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"status": "pending,failed"},
        {"reference": "r"},
        {"phone": "677000001"},
        {"metadata[k]": "v"},
        {"metadata[k]": "v", "status": "pending,failed", "operator": "mtn"},
    ],
    ids=lambda query: "&".join(query) or "none",
)
def test_filtered_pages_follow_each_other_to_the_end(shop, make, query):
    made = [
        make(
            created_at=START + timedelta(hours=number // 2),
            failed=bool(number % 3),
            merchant_reference="r",
            metadata={"k": "v"},
        )
        for number in range(7)
    ]
    expected = [payment.public_id for payment in reversed(made)]

    found, cursor, pages = [], {}, 0
    while True:
        page = shop.get(PAYMENTS, limit=3, **query, **cursor)
        found += ids(page)
        pages += 1
        if not page.json()["has_more"]:
            break
        cursor = {"starting_after": found[-1]}

    assert found == expected
    assert pages == 3


def test_what_the_api_made_is_found_by_everything_it_was_made_with(shop):
    body = payment_body(reference="order-7", metadata={"größe": "é=42]"})
    made = shop.post(body).json()

    for query in (
        {"reference": "order-7"},
        {"phone": "(677) 000 001"},
        {"metadata[größe]": "é=42]"},
        {"provider": FAKE},
        {"status": "pending", "operator": "mtn", "currency": "XAF"},
        {"created_after": made["created_at"]},
    ):
        assert ids(shop.get(PAYMENTS, **query)) == [made["id"]], query
    assert ids(shop.get(PAYMENTS, created_before=made["created_at"])) == []


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"statsu": "failed"}, "unknown_parameter", "statsu"),
        ({"page": "2"}, "unknown_parameter", "page"),
        ({"status": "lost"}, "invalid_parameter", "status"),
        ({"status": "succeeded,lost"}, "invalid_parameter", "status"),
        ({"status": ""}, "invalid_parameter", "status"),
        ({"status": "failed,"}, "invalid_parameter", "status"),
        ({"provider": "nobody"}, "invalid_parameter", "provider"),
        ({"operator": "nobody"}, "invalid_parameter", "operator"),
        ({"currency": "xaf"}, "invalid_parameter", "currency"),
        ({"created_after": "yesterday"}, "invalid_parameter", "created_after"),
        ({"created_before": "2026-03-03T09:00:00"}, "invalid_parameter", "created_before"),
        ({"metadata": "42"}, "unknown_parameter", "metadata"),
        ({"metadata[": "42"}, "invalid_parameter", "metadata["),
        ({"metadata[]": "42"}, "invalid_parameter", "metadata[]"),
        ({"reference": "a\x00"}, "invalid_parameter", "reference"),
        ({"reference": "a" * 501}, "invalid_parameter", "reference"),
        ({"expand": "events"}, "invalid_parameter", "expand"),
        ({"phone": "12"}, "invalid_phone_number", "phone"),
        ({"phone": "call me"}, "invalid_phone_number", "phone"),
        ({"limit": "0"}, "invalid_page", "limit"),
        ({"starting_after": "evt_1"}, "invalid_page", "starting_after"),
    ],
)
def test_a_parameter_that_cannot_be_served_is_refused_by_its_name(shop, query, code, field):
    assert refusal(shop.get(PAYMENTS, **query)) == (400, code, field)


def test_expanded_attempts_are_those_of_their_payment(shop, make):
    plain, done = make(), make(succeeded=True)

    (newest, oldest) = shop.get(PAYMENTS, expand="attempts").json()["data"]

    assert [one["payment"] for one in newest["attempts"]] == [done.public_id]
    assert [one["status"] for one in newest["attempts"]] == ["succeeded"]
    assert [one["payment"] for one in oldest["attempts"]] == [plain.public_id]
    assert shop.get(f"{PAYMENTS}/{done.public_id}", expand="attempts").json() == newest
    assert "attempts" not in shop.get(PAYMENTS).json()["data"][0]
    assert "attempts" not in shop.get(f"{PAYMENTS}/{done.public_id}").json()


def test_a_payments_attempts_are_listed_without_the_providers_secrets(shop, make):
    payment = make(succeeded=True, provider_reference="TX42", created_at=START)
    attempt = payment.attempts.get()

    answer = shop.get(f"{PAYMENTS}/{payment.public_id}/attempts").json()

    assert answer == {
        "object": "list",
        "data": [
            {
                "id": attempt.public_id,
                "object": "attempt",
                "livemode": False,
                "payment": payment.public_id,
                "operation": "collect",
                "kind": "collect",
                "provider": "mtn_momo",
                "status": "succeeded",
                "reference": str(attempt.reference),
                "provider_reference": "TX42",
                "failure_code": None,
                "created_at": "2026-03-02T09:00:00.000Z",
                "submitted_at": "2026-03-02T09:00:00.000Z",
                "completed_at": "2026-03-02T09:00:00.000Z",
            }
        ],
        "has_more": False,
    }


def test_strangers_and_the_other_mode_have_no_attempts_to_see(shop):
    theirs = PaymentFactory()
    live = PaymentFactory(merchant=shop.merchant, livemode=True)

    stranger = shop.get(f"{PAYMENTS}/{theirs.public_id}/attempts")
    other_mode = shop.get(f"{PAYMENTS}/{live.public_id}/attempts")

    assert refusal(stranger)[:2] == (404, "payment_not_found")
    assert refusal(other_mode)[:2] == (404, "wrong_mode")


@pytest.mark.parametrize("count", [1, 40])
@pytest.mark.parametrize(
    ("query", "statements"),
    [
        ({}, 1),
        ({"status": "pending"}, 1),
        ({"metadata[k]": "v"}, 1),
        ({"metadata[k]": "v", "status": "pending", "phone": "677000001"}, 2),
        ({"expand": "attempts"}, 2),
        ({"expand": "attempts", "status": "pending", "reference": "r"}, 3),
    ],
    ids=lambda value: "&".join(value) or "none" if isinstance(value, dict) else None,
)
def test_a_list_costs_two_statements_at_most_and_one_an_expansion(
    shop, make, count, query, statements
):
    for _ in range(count):
        make(merchant_reference="r", metadata={"k": "v"})
    # A process that answered before.
    shop.get(PAYMENTS, phone="677000001")

    with CaptureQueriesContext(connection) as sent:
        answer = shop.get(PAYMENTS, limit=100, **query)

    assert len(ids(answer)) == count
    assert len(sent) == statements


def fill(template, numbers):
    """Many payments at once: one in 1,000 failed, one in 500 came from its own cart."""
    same = {
        field.attname: getattr(template, field.attname)
        for field in Payment._meta.local_concrete_fields
    }
    payments = []
    for number in numbers:
        at = START + timedelta(seconds=number)
        cart = {"cart": "rare"} if number % 500 == 0 else {}
        own = {
            "id": new_id_at(at),
            "created_at": at,
            "status": "failed" if number % 1_000 == 0 else "succeeded",
            "metadata": {"page": "home", **cart},
            "merchant_reference": f"order-{number}",
        }
        payments.append(Payment(**{**same, **own}))
    Payment.objects.bulk_create(payments, batch_size=2_000)
    MetadataEntry.objects.bulk_create(
        [entry for payment in payments for entry in entries_of(payment)], batch_size=20_000
    )


def cost_of(shop, query):
    """How many rows of payments a page of ten read."""
    with CaptureQueriesContext(connection) as sent:
        ids(shop.get(PAYMENTS, limit=10, **query))
    statements = [one["sql"] for one in sent if "payments_payment" in one["sql"]]
    return sum(rows_of(plan_of(statement)) for statement in statements)


@pytest.mark.usefixtures("new_tables")
def test_what_a_list_reads_does_not_grow_with_the_merchants_history(shop, make):
    template = make()
    queries = [
        {},
        {"status": "succeeded"},
        {"status": "failed"},
        {"status": "verifying"},
        {"operator": "wave"},
        {"currency": "EUR", "status": "succeeded"},
        {"reference": "order-7"},
        {"reference": "none"},
        {"phone": "677000001"},
        {"phone": "677000002"},
        {"metadata[page]": "home"},
        {"metadata[cart]": "rare"},
        {"metadata[cart]": "none"},
        {"metadata[page]": "home", "metadata[cart]": "rare"},
        {"metadata[page]": "home", "status": "verifying"},
        {"metadata[page]": "home", "reference": "order-7"},
        {"phone": "677000001", "status": "verifying"},
        {"created_before": "2026-03-02T09:00:30Z"},
        {"created_before": "2026-03-02T09:00:00Z", "status": "succeeded"},
    ]
    fill(template, range(1, 1_001))
    before = [cost_of(shop, query) for query in queries]

    fill(template, range(1_001, 6_001))

    for query, few in zip(queries, before, strict=True):
        # Rare things became less rare: a page of them may be full only now, and so may a probe,
        # 200 rows and perhaps their payments for each of the filters that compete.
        allowed = 100 + (2 * 200 * len(query) if len(query) > 1 else 0)
        assert cost_of(shop, query) <= max(few, allowed), query
