"""A payer's number is nowhere in clear: not at rest, not on its way, not in a log."""

import base64
import io
import json
import logging

import pytest
from django.db import connection

from apps.core.log_format import KeyValueFormatter
from apps.core.work import wake_up
from apps.core.work.worker_loop import run_worker_loop
from apps.orchestration.models import Attempt
from apps.payments.models import Payment
from apps.providers.contract import Outcome
from apps.vault.log_redaction import RedactPersonalData
from apps.vault.tokens import sign_token
from tests.api.conftest import PAYMENTS, payment_body
from tests.factories import EndpointFactory, MerchantFactory
from tests.leaks import leaking_columns, leaking_keys

pytestmark = pytest.mark.django_db(transaction=True)

MSISDN = "237677345678"
CLEAR = [MSISDN, "677345678", "6 77 34 56 78"]


@pytest.fixture
def log():
    """Everything logged, as the project's handler writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(KeyValueFormatter())
    handler.addFilter(RedactPersonalData())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def journey(shop, provider, log):
    """A payment's whole life, the connector's own accident included."""

    def explode(request):
        raise ValueError(f"cannot charge +{request.payer_msisdn} or {request.payer_msisdn}")

    provider.on_collect = [lambda request: (provider.accept(request), explode(request))[0]]
    EndpointFactory(merchant=shop.merchant, url="http://127.0.0.1:1/closed")
    shop.post(payment_body(payer={"phone": "6 77 34 56 78"}))
    run_worker_loop("attempt.submit")
    attempt = Attempt.objects.get()
    provider.settle(attempt.reference, Outcome.SUCCEEDED)
    body = json.dumps({"secret": None, "payer": {"partyId": MSISDN}}).encode()
    path = f"/callbacks/fake/{sign_token('callback', attempt.pk)}"
    shop.client.post(path, body, content_type="application/json")
    run_worker_loop("callback.received")
    return Payment.objects.get()


def test_the_journey_is_a_whole_one(journey):
    assert journey.status == "succeeded"


def test_no_column_of_the_database_holds_it(journey):
    with connection.cursor() as cursor:
        assert leaking_columns(cursor, CLEAR) == []


def test_the_search_for_leaks_finds_one(db):
    MerchantFactory(name=f"Shop of {MSISDN}")

    with connection.cursor() as cursor:
        assert leaking_columns(cursor, CLEAR) == ["merchants_merchant.name"]


def test_no_log_line_holds_it(journey, log):
    said = log.getvalue()

    assert "connector broke" in said
    assert "[phone *78]" in said
    assert not any(number in said for number in CLEAR)


def test_no_log_line_holds_an_api_key(journey, shop, log):
    assert shop.key not in log.getvalue()


def test_no_message_in_redis_holds_it(journey):
    encoded = [base64.b64encode(number.encode()).decode()[:12] for number in CLEAR]

    assert wake_up.client().dbsize() > 0
    assert leaking_keys(wake_up.client(), [*CLEAR, *encoded]) == []


def test_no_answer_and_no_address_holds_it(journey, shop, provider):
    answers = [
        shop.get(PAYMENTS),
        shop.get(f"{PAYMENTS}/{journey.public_id}"),
        shop.get(f"{PAYMENTS}/{journey.public_id}/timeline"),
    ]
    (order,) = provider.orders
    addresses = order.callback_url + order.return_url + order.cancel_url

    said = "".join(answer.content.decode() for answer in answers) + addresses
    assert not any(number in said for number in CLEAR)


def test_a_refusal_does_not_repeat_the_number(shop):
    answer = shop.post(payment_body(payer={"phone": "6773456789012"}))

    assert answer.status_code == 400
    assert "6773456789012" not in answer.content.decode()
