from __future__ import annotations

import json
import uuid

import pytest
from _pytest.nodeid import coerce_node_id
from django.test import Client
from django.utils import timezone

from apps.merchants.models import ApiKey
from apps.merchants.scopes import GRANTABLE
from apps.merchants.services.create_api_key import create_api_key
from tests.factories import MerchantFactory
from tests.fakes import FAKE, open_account, register
from tests.payouts.fakes import PayingConnector, PayingProvider

PAYMENTS = "/api/v1/payments"


def payment_body(**changes):
    """The plainest valid request."""
    return {"amount": 1_500, "currency": "XAF", "payer": {"phone": "677000001"}, **changes}


class Shop:
    """A merchant's program: it holds a key and calls the API.

    A secret key that may do everything, or a restricted one with the scopes named.
    """

    def __init__(self, merchant=None, *, livemode=False, scopes=None, **key_fields):
        self.merchant = merchant or MerchantFactory()
        self.api_key, self.key = create_api_key(
            merchant=self.merchant,
            livemode=livemode,
            kind=ApiKey.Kind.SECRET if scopes is None else ApiKey.Kind.RESTRICTED,
            scopes=GRANTABLE if scopes is None else scopes,
            now=timezone.now(),
            **key_fields,
        )
        # An error must be an answer here, as it is in production.
        self.client = Client(raise_request_exception=False)

    def post(self, body=None, *, key=None, headers=None, path=PAYMENTS, **send):
        """`body`: a dict, sent as JSON, or bytes, sent as they are."""
        if not isinstance(body, bytes):
            body = json.dumps(payment_body() if body is None else body).encode()
        return self.client.post(
            path,
            body,
            headers={
                "Authorization": f"Bearer {self.key}",
                "Idempotency-Key": key or str(uuid.uuid4()),
                **(headers or {}),
            },
            **{"content_type": "application/json", **send},
        )

    def get(self, path, **query):
        return self.client.get(path, query, headers={"Authorization": f"Bearer {self.key}"})


@pytest.fixture
def account(provider):
    return open_account()


@pytest.fixture
def paying_account(monkeypatch):
    """An account that collects and pays."""
    register(monkeypatch, {FAKE: (PayingProvider(), PayingConnector)})
    return open_account(operations=["collect", "disburse"])


@pytest.fixture
def shop(db, account):
    return Shop()


def refusal(answer):
    """(status, code, field) of a problem; checks its shape."""
    assert answer["Content-Type"] == "application/problem+json", answer.content
    body = answer.json()
    assert {"type", "title", "status", "code", "detail"} <= body.keys()
    assert body["status"] == answer.status_code
    assert body["doc_url"].endswith(f"/docs/errors#{body['code']}")
    errors = body.get("errors") or [{"field": ""}]
    return answer.status_code, body["code"], errors[0]["field"]


def pytest_collection_modifyitems(items):
    """Tell schemathesis' tests apart by their operation: under pytest 9.2 all have one id."""
    for item in items:
        if getattr(item, "operation_label", None):
            item._id = coerce_node_id(f"{item.nodeid}[{item.operation_label}]")
