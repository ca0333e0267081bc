"""`mtn-momo-client`, written by others against the real MTN, drives our simulator unchanged.

Only the address is ours: the library has no setting for it.
"""

from __future__ import annotations

from uuid import uuid4

import pytest

momo_api = pytest.importorskip("momo_api")

from apps.providers.connectors.mtn_momo import simulator as sim  # noqa: E402

FAILING = "46733123450"


@pytest.fixture
def momo(simulators, monkeypatch):
    for name in ("SANDBOX_URL", "PRODUCTION_URL"):
        monkeypatch.setattr(momo_api.MomoApi, name, f"{simulators.url}/mtn_momo")
    return momo_api.MomoApi


@pytest.fixture
def credentials(momo):
    """A user made the way the library makes one."""
    sandbox = momo.create("sandbox").sandbox(sim.DEMO_SUBSCRIPTION_KEY)
    user = sandbox.create_api_user(str(uuid4()), "127.0.0.1")
    assert sandbox.get_api_user(user)["providerCallbackHost"] == "127.0.0.1"
    return {
        "environment": "sandbox",
        "subscription_key": sim.DEMO_SUBSCRIPTION_KEY,
        "api_user": user,
        "api_key": sandbox.create_api_key(user),
    }


def test_it_collects_in_the_sandbox(momo, credentials, receiver):
    name = str(uuid4())
    collection = momo.collection({**credentials, "callback_url": receiver.url(name)})

    reference = collection.quick_pay("1500", "237677000001", "inv-1")

    transaction = collection.get_payment_status(reference)
    assert transaction.is_successful()
    assert transaction.amount == "1500"
    assert receiver.wait_for(name)[0]["externalId"] == "inv-1"
    assert collection.get_balance().currency == "EUR"
    assert collection.check_account_holder("237677000001")


def test_it_collects_in_production_in_francs(momo):
    collection = momo.collection(
        {
            "environment": "mtncameroon",
            "subscription_key": sim.DEMO_SUBSCRIPTION_KEY,
            "api_user": sim.DEMO_API_USER,
            "api_key": sim.DEMO_API_KEY,
        }
    )

    reference = collection.quick_pay("1500", "237677000001", "inv-1", currency="XAF")

    assert collection.get_payment_status(reference).currency == "XAF"


def test_it_understands_our_failures(momo, credentials):
    collection = momo.collection(credentials)

    reference = collection.quick_pay("1500", FAILING, "inv-1")
    again = str(uuid4())
    collection.quick_pay("1500", "237677000001", "inv-1", reference_id=again)

    transaction = collection.get_payment_status(reference)
    assert transaction.is_failed()
    assert transaction.reason.is_internal_processing_error()
    with pytest.raises(momo_api.ConflictException) as caught:
        collection.quick_pay("1500", "237677000001", "inv-1", reference_id=again)
    assert caught.value.code == "RESOURCE_ALREADY_EXIST"
    with pytest.raises(momo_api.ResourceNotFoundException):
        collection.get_payment_status(str(uuid4()))


def test_it_pays_out_and_refunds(momo, credentials):
    collected = momo.collection(credentials).quick_pay("1500", "237677000001", "inv-1")
    disbursement = momo.disbursement(credentials)

    transfer = disbursement.transfer(
        momo_api.TransferRequest("700", "EUR", "out-1", "237677000002")
    )
    deposit = disbursement.deposit(
        momo_api.PaymentRequest.make("300", "237677000002", "out-2", "EUR")
    )
    refund = disbursement.refund(
        momo_api.RefundRequest("500", "EUR", "ref-1", collected, "back", "shop")
    )

    assert disbursement.get_transfer_status(transfer).is_successful()
    assert disbursement.get_deposit_status(deposit).is_successful()
    assert disbursement.get_refund_status(refund).is_successful()


def test_it_sees_a_wrong_key_as_such(momo, credentials):
    with pytest.raises(momo_api.InvalidSubscriptionKeyException):
        momo.collection({**credentials, "subscription_key": "0" * 32}).get_balance()
