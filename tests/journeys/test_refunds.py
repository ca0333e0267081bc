"""A refund through every process, over the wire, to the merchant's own server and the books."""

import uuid

import pytest
import requests

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(900)]

APPROVES = "677 34 56 78"


def refund(platform, payment, **body):
    return requests.post(
        f"{platform.stack.urls.web}/api/v1/refunds",
        json={"payment": payment["id"], **body},
        headers={
            "Authorization": f"Bearer {platform.cameroon['api_key']}",
            "Idempotency-Key": str(uuid.uuid4()),
        },
        timeout=120,
    )


def test_a_refund_goes_all_the_way_to_a_signed_webhook_and_the_providers_book(platform):
    payment = platform.pay(platform.cameroon, APPROVES)
    assert platform.shop.wait_for(payment["id"], "payment.succeeded")

    made = refund(platform, payment, amount=600).json()

    event = platform.shop.wait_for(made["id"], "refund.succeeded")
    assert (event["data"]["way"], event["data"]["amount"]) == ("refund", 600)
    timeline = platform.get(platform.cameroon, f"refunds/{made['id']}/timeline")["data"]
    titles = {entry["title"] for entry in timeline}
    assert {"refund_held 600 XAF", "refund_sent 600 XAF"} <= titles
    shown = platform.get(platform.cameroon, f"payments/{payment['id']}")
    assert shown["amount_refunded"] == 600
    (attempt,) = platform.rows(
        """SELECT a.statement_reference AS reference FROM payments_attempt a
             JOIN refunds_refund r ON r.id = a.payment_id
            ORDER BY a.id DESC LIMIT 1"""
    )
    book = {entry["reference"]: entry for entry in platform.control("books/mtn_momo")}
    written = book[attempt["reference"]]
    assert (written["amount"], written["times_executed"]) == (600, 1)
    assert refund(platform, payment, amount=901).json()["code"] == "refund_exceeds_payment"
