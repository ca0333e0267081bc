"""A payer on our page, and what her shop and her provider do."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.orchestration.services.apply_replies import apply_reply
from apps.payments.models import Payment
from apps.providers.contract import FailureCode, Outcome, ProviderResult
from apps.reconciliation.selectors.find_violations import find_violations
from tests.api.conftest import Shop
from tests.factories import MerchantFactory
from tests.fakes import (
    FAKE,
    FakeConnector,
    FakeProvider,
    changed_profile,
    open_account,
    register,
)

MTN, ORANGE = "677000001", "699000001"


class TwoNetworks(FakeConnector):
    profile = changed_profile(operators=("mtn", "orange"))


@pytest.fixture
def provider(monkeypatch):
    fake = FakeProvider()
    register(monkeypatch, {FAKE: (fake, TwoNetworks)})
    return fake


@pytest.fixture
def shop(db, provider):
    open_account()
    return Shop(MerchantFactory(language="en", fee_basis_points=200))


class Payer:
    """Who was sent to the page of this payment."""

    def __init__(self, client, created):
        self.client, self.url = client, created["next_action"]["url"]
        self.path = "/" + self.url.split("/", 3)[3]
        self.id = created["id"]

    @property
    def payment(self):
        return Payment.objects.get()

    def reads(self):
        return self.client.get(self.path).content.decode()

    def types(self, phone):
        return self.client.post(self.path, {"phone": phone})

    def agrees(self, phone=MTN, operator="mtn", seen=0):
        return self.client.post(self.path, {"phone": phone, "operator": operator, "seen": seen})


@pytest.fixture
def payer(client, shop):
    answer = shop.post(
        {
            "amount": 1_500,
            "currency": "XAF",
            "checkout": True,
            "return_url": "https://shop.example/thanks",
            "cancel_url": "https://shop.example/cart",
        }
    )
    assert answer.status_code == 201, answer.content
    return Payer(client, answer.json())


def hear(payment, answer):
    attempt = payment.attempts.latest("id")
    return apply_reply(attempt_id=attempt.pk, answer=answer, source="poll", now=timezone.now())


def failed(code=FailureCode.INSUFFICIENT_FUNDS):
    return ProviderResult(Outcome.FAILED, failure_code=code)


def broken(at=None):
    found = find_violations(now=at or timezone.now())
    return {one.invariant.name: one.examples for one in found if one.violations}
