"""POST /payments/{id}/cancel, as a merchant's program meets it."""

import pytest

from apps.payments.models import Payment
from tests.api.conftest import PAYMENTS, Shop, refusal
from tests.factories import PaymentFactory
from tests.fakes import submit_due

pytestmark = pytest.mark.django_db


def cancel(shop, payment_id, *, body=b"", **send):
    return shop.post(body, path=f"{PAYMENTS}/{payment_id}/cancel", **send)


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_a_payment_is_canceled_and_the_answer_says_so(clock, shop, body):
    made = shop.post().json()

    answer = cancel(shop, made["id"], body=body)

    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        **made,
        "status": "canceled",
        "completed_at": "2026-03-02T09:00:00.000Z",
    }
    assert shop.get(f"{PAYMENTS}/{made['id']}").json() == answer.json()


def test_the_same_key_hears_the_first_answer_again_another_that_it_is_over(shop):
    payment_id = shop.post().json()["id"]
    first = cancel(shop, payment_id, key="once")

    again = cancel(shop, payment_id, key="once")
    anew = cancel(shop, payment_id, key="twice")

    assert (again.status_code, again.content) == (200, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert refusal(anew)[:2] == (409, "payment_already_final")


def test_what_the_payer_was_asked_is_not_canceled(clock, shop):
    payment_id = shop.post().json()["id"]
    submit_due(clock.now)

    answer = cancel(shop, payment_id)

    assert refusal(answer)[:2] == (409, "payment_not_cancelable")
    assert "2026-03-02T09:10:00Z" in answer.json()["detail"]
    assert Payment.objects.get().status == "pending"


def test_a_refused_cancel_leaves_its_key_free(clock, shop):
    sent, waiting = shop.post().json()["id"], None
    submit_due(clock.now)
    assert cancel(shop, sent, key="k").status_code == 409
    waiting = shop.post().json()["id"]

    assert cancel(shop, waiting, key="k").status_code == 200


def test_cancel_takes_no_fields(shop):
    payment_id = shop.post().json()["id"]

    answer = cancel(shop, payment_id, body=b'{"reason": "no"}')

    assert refusal(answer) == (400, "unknown_field", "reason")
    assert Payment.objects.get().status == "pending"


def test_nobody_cancels_what_is_not_theirs(shop):
    theirs = PaymentFactory()
    live = PaymentFactory(merchant=shop.merchant, livemode=True)

    assert refusal(cancel(shop, theirs.public_id))[:2] == (404, "payment_not_found")
    assert refusal(cancel(shop, live.public_id))[:2] == (404, "wrong_mode")
    assert refusal(cancel(shop, "pay_1"))[:2] == (404, "payment_not_found")
    assert set(Payment.objects.values_list("status", flat=True)) == {"pending"}


def test_a_key_that_only_reads_cancels_nothing(shop):
    payment_id = shop.post().json()["id"]
    reader = Shop(shop.merchant, scopes=["payments:read"])

    assert refusal(cancel(reader, payment_id))[:2] == (403, "scope_missing")
