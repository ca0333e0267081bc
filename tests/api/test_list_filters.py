"""Words of a filter, however they are sent: commas, repetitions or both, each once, in the walk."""

import json
from functools import partial
from itertools import product

import pytest

from apps.approvals.models import Approval
from apps.disputes.models import Dispute
from apps.merchants import scopes
from apps.payments.models import Payment
from apps.payout_batches.models import PayoutBatch, PayoutBatchLine
from apps.payouts.models import Payout
from apps.refunds.models import Refund
from apps.support_tickets.models import Ticket
from apps.webhooks.models import Delivery
from tests.api.conftest import Shop, payment_body
from tests.day_reports.rows import new_day
from tests.docs.pages import read
from tests.factories import PaymentFactory
from tests.settlement.rows import new_settlement, new_terms

pytestmark = pytest.mark.django_db

ENDPOINTS = "/api/v1/webhook_endpoints"
EVERY_FILTER = [
    (path, parameter["name"])
    for path, methods in json.loads(read("docs/openapi.json"))["paths"].items()
    if "get" in methods
    for parameter in methods["get"].get("parameters", ())
    if parameter["schema"].get("type") == "array"
]
# One of these words is all of it, or there are no pages.
WITHOUT_PAGES = {
    ("/api/v1/payments/{payment_id}", "expand"),
    ("/api/v1/payments", "expand"),
    ("/api/v1/providers/availability", "operation"),
    ("/api/v1/status", "operation"),
    # In the order of the file.
    ("/api/v1/payout_batches/{batch_id}/lines", "status"),
    *(
        (f"/api/v1/reports/{name}", filter)
        for name in ("summary", "timeseries", "failures", "response_times")
        for filter in (
            "operation",
            "provider",
            "country",
            "operator",
            "method",
            "currency",
            "group_by",
        )
    ),
    *(
        ("/api/v1/reports/disputes", filter)
        for filter in (
            *("provider", "country", "operator", "method", "currency", "reason"),
            "group_by",
        )
    ),
}
WORDS = {
    ("payments", "status"): ["failed", "expired"],
    ("payments", "provider"): ["fake", "mtn_momo"],
    ("payments", "operator"): ["mtn", "orange"],
    ("payments", "currency"): ["XAF", "XOF"],
    ("transfers", "kind"): ["gross", "fee", "refund_held", "refund_returned"],
    ("refunds", "status"): ["failed", "succeeded"],
    ("payouts", "status"): ["failed", "succeeded"],
    ("payout_batches", "status"): ["draft", "canceled"],
    ("lines", "status"): ["ready", "invalid"],
    ("approvals", "status"): ["rejected", "pending"],
    ("settlements", "status"): ["on_hold", "carried_over"],
    ("settlements", "currency"): ["XAF", "XOF"],
    ("day_reports", "currency"): ["XAF", "XOF"],
    ("disputes", "status"): ["lost", "won"],
    ("tickets", "status"): ["closed", "resolved"],
    ("transfers", "currency"): ["XAF", "XOF"],
    ("api_keys", "status"): ["active", "revoked"],
    ("events", "type"): ["payment.created", "webhook_endpoint.test"],
    ("deliveries", "status"): ["failed", "delivered"],
    ("deliveries", "type"): ["payment.created", "webhook_endpoint.test"],
}


@pytest.fixture
def full_shop(account):
    """A merchant with seven of everything, in two kinds."""
    shop = Shop(scopes=list(scopes.ALL))
    endpoint = {"url": "https://shop.example/hooks", "event_types": ["payment.created"]}
    made = shop.post(endpoint, path=ENDPOINTS)
    shop.endpoint = made.json()["id"]
    for number in range(7):
        shop.post(payment_body(reference=f"order-{number}"))
        shop.post({}, path=f"{ENDPOINTS}/{shop.endpoint}/test")
        body = {"kind": "restricted", "label": str(number), "scopes": [scopes.PAYMENTS_READ]}
        key = shop.post(body, path="/api/v1/api_keys").json()["id"]
        if number % 2:
            shop.client.delete(
                f"/api/v1/api_keys/{key}", headers={"Authorization": f"Bearer {shop.key}"}
            )
    for number, payment in enumerate(Payment.objects.order_by("id")):
        kind = {"operator": "orange", "provider": "mtn_momo"} if number % 2 else {}
        status = "expired" if number % 3 else "failed"
        Payment.objects.filter(pk=payment.pk).update(status=status, failure_code="", **kind)
    for number, delivery in enumerate(Delivery.objects.order_by("id")):
        status = "delivered" if number % 3 else "failed"
        Delivery.objects.filter(pk=delivery.pk).update(status=status, next_attempt_at=None)
    paid = PaymentFactory(merchant=shop.merchant, account=account, succeeded=True)
    for number in range(7):
        common = {
            "merchant": shop.merchant,
            "livemode": False,
            "amount": 10,
            "currency": "XAF",
            "provider": "fake",
            "status": "failed" if number % 3 else "succeeded",
            "created_at": paid.created_at,
        }
        shop.post(
            {"subject": "A word", "body": "A word.", "category": "other"}, path="/api/v1/tickets"
        )
        Refund.objects.create(payment=paid, collected_by=paid.attempts.get(), **common)
        Dispute.objects.create(
            merchant=shop.merchant,
            livemode=False,
            payment=paid,
            amount=10,
            currency="XAF",
            network="mobile_money",
            reason="fraud",
            stage="complaint",
            status="won" if number % 3 else "lost",
            amount_lost=0 if number % 3 else 10,
            opened_by="payer",
            evidence_due_at=paid.created_at,
            opened_at=paid.created_at,
            closed_at=paid.created_at,
        )
        Payout.objects.create(
            country="CM",
            operator="mtn",
            payee_msisdn_encrypted=b"",
            payee_msisdn_index=b"",
            payee_msisdn_masked="",
            **common,
        )
    for number in range(7):
        batch = PayoutBatch.objects.create(
            merchant=shop.merchant,
            livemode=False,
            currency="XAF",
            source="api",
            status="draft" if number % 3 else "canceled",
            created_by="test",
            created_at=paid.created_at,
        )
        is_rejected = bool(number % 3)
        Approval.objects.create(
            merchant=shop.merchant,
            livemode=False,
            action="payout_batch.start",
            target=batch.public_id,
            amount=10,
            currency="XAF",
            digest=b"",
            status="rejected" if is_rejected else "pending",
            made_by="key:one",
            requested_by="key:one",
            decided_by="key:two" if is_rejected else "",
            decided_at=paid.created_at if is_rejected else None,
            requested_at=paid.created_at,
            expires_at=paid.created_at,
        )
    terms = new_terms(shop.merchant, now=paid.created_at)
    for number in range(1, 8):
        currency = "XAF" if number % 2 else "XOF"
        new_day(shop.merchant, now=paid.created_at, days_ago=number, currency=currency)
    for number in range(1, 8):
        is_held = bool(number % 3)
        new_settlement(
            terms,
            number=number,
            now=paid.created_at,
            status="on_hold" if is_held else "carried_over",
            amount=10 if is_held else 0,
            closing_balance=10,
        )
    for number in range(1, 8):
        PayoutBatchLine.objects.create(
            batch=batch,
            number=number,
            status="invalid" if number % 3 else "ready",
            amount=10,
            payee_msisdn_encrypted=b"",
        )
    for number, ticket in enumerate(Ticket.objects.order_by("id")):
        Ticket.objects.filter(pk=ticket.pk).update(status="closed" if number % 3 else "resolved")
    shop.at = partial(
        str.format,
        endpoint_id=shop.endpoint,
        payment_id=paid.public_id,
        batch_id=batch.public_id,
    )
    return shop


def walk(shop, path, **query):
    """Every id of a list, three a page, as a merchant walks."""
    found, after = [], {}
    while True:
        page = shop.get(path, limit=3, **query, **after).json()
        found += [one["id"] for one in page["data"]]
        if not page["has_more"]:
            return found
        after = {"starting_after": found[-1]}


def test_a_word_named_twice_is_one_word(full_shop, subtests):
    empty = set()
    for path, name in (each for each in EVERY_FILTER if each not in WITHOUT_PAGES):
        first, second = WORDS[path.rpartition("/")[2], name][:2]
        here = full_shop.at(path)
        of_first, of_second = (walk(full_shop, here, **{name: word}) for word in (first, second))
        of_both = sorted(of_first + of_second, reverse=True)
        empty |= {name for found in (of_first, of_second) if not found}

        with subtests.test(path, name=name):
            for value in (f"{first},{first}", [first, first], [f"{first},{first}", first]):
                assert walk(full_shop, here, **{name: value}) == of_first
            for value in (
                f"{first},{second},{first}",
                [second, first],
                [f"{first},{second}", second],
            ):
                assert walk(full_shop, here, **{name: value}) == of_both

    # No money was booked here, and one currency is all that this account takes.
    assert empty <= {"kind", "currency"}


@pytest.mark.parametrize(("path", "name"), list(product(["/api/v1/payments"], ["status", "phone"])))
def test_what_has_one_value_and_what_is_no_word_are_refused(full_shop, path, name):
    value = ["677000001", "677000002"] if name == "phone" else ["failed", "nothing"]

    answer = full_shop.get(path, **{name: value})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
