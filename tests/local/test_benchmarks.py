"""A floor is made of the product's own statements: the life it is taken from is still lived."""

import importlib

import pytest

from apps.payments.models import Payment
from apps.webhooks.models import Delivery
from benchmarks import __main__ as benchmarks
from benchmarks.floor import live_once
from tests.factories import EndpointFactory, MerchantFactory
from tests.fakes import open_account


@pytest.mark.parametrize("name", benchmarks.NAMES)
def test_every_benchmark_is_there(name):
    assert callable(importlib.import_module(f"benchmarks.{name}").run)


@pytest.mark.django_db
def test_the_life_a_floor_is_measured_by_is_that_of_a_paid_payment_told_of(provider):
    merchant = MerchantFactory(country="CM")
    EndpointFactory(merchant=merchant)
    open_account(connector="mtn_momo")

    live_once(lambda _: None, merchant, "a-key")

    assert Payment.objects.get().status == "succeeded"
    assert Delivery.objects.get(event__type="payment.succeeded").status == "delivered"
