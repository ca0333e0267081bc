"""Wave through the platform: the link, the signed webhook, the refund, over its simulator."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid

import pytest
import urllib3
from django.test import Client
from django.utils import timezone

from apps.core.idempotency import digest_of
from apps.core.money import Money
from apps.core.work import outbox
from apps.orchestration.models import Attempt
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payments.models import Payment
from apps.payments.rules.payment_request import PaymentRequest
from apps.payments.services.create_payment import create_payment
from apps.providers import registry
from apps.providers.connectors.wave.simulator import WEBHOOK_SECRET
from apps.providers.models import Callback
from apps.providers.rules.callback_address import account_callback_url
from apps.providers.rules.callback_headers import kept_headers
from apps.providers.services.store_callback import TOPIC
from apps.providers.simulation.process import SimulatorProcess
from apps.reconciliation.selectors.find_violations import find_violations
from apps.refunds.services.create_refund import RefundOrder, create_refund
from tests.factories import MerchantFactory
from tests.fakes import handle_callbacks, open_account, submit_due
from tests.providers.rails import CREDENTIALS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def simulators(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wave")
    with SimulatorProcess(
        data_dir=folder / "data", report_dir=folder / "reports", approve_after_s=0.0
    ) as process:
        yield process


@pytest.fixture
def account(db, simulators):
    account_id = uuid.uuid4()
    credentials = {"base_url": f"{simulators.url}/wave", **CREDENTIALS["wave"]}
    return open_account(
        id=account_id,
        connector="wave",
        country="SN",
        currency="XOF",
        operations=["collect", "refund", "disburse"],
        credentials_encrypted=registry.encrypt_credentials(account_id, credentials),
    )


@pytest.fixture
def payment(account, monkeypatch):
    monkeypatch.setattr("django.conf.settings.PUBLIC_URL", "https://pay.example")
    create_payment(
        merchant=MerchantFactory(fee_basis_points=0),
        livemode=False,
        request=PaymentRequest(
            phone="221770000001", operator="wave", country="SN", money=Money(10_000, "XOF")
        ),
        idempotency_key="one",
        digest=digest_of({}),
        now=timezone.now(),
    )
    submit_due(timezone.now())
    return Payment.objects.get()


def post_event(account, reference, *, secret=WEBHOOK_SECRET):
    """As Wave tells of a failed try, which ends nothing: the truth is asked for."""
    data = {"client_reference": str(reference), "payment_status": "processing"}
    body = json.dumps({"id": "EV_1", "type": "checkout.session.payment_failed", "data": data})
    now = str(int(time.time()))
    digest = hmac.new(secret.encode(), (now + body).encode(), hashlib.sha256).hexdigest()
    path = "/callbacks/" + account_callback_url(account).partition("/callbacks/")[2]
    Client().post(
        path,
        body,
        content_type="application/json",
        headers={"Wave-Signature": f"t={now},v1={digest}"},
    )
    claimed = outbox.claim(TOPIC, limit=10, now=timezone.now(), done=[])
    handle_callbacks(claimed, timezone.now())
    return Callback.objects.latest("received_at")


def pay(payment):
    urllib3.request("POST", payment.next_action["url"], body="decision=approve", redirect=False)


def settle(attempt):
    refresh_attempt(attempt_id=attempt.pk, source="poll", now=timezone.now())


def test_a_payer_pays_behind_the_link_and_gets_all_of_it_back_or_a_part(account, payment):
    attempt = payment.attempts.get()
    assert payment.status == "requires_action"
    assert "/wave/c/cos-" in payment.next_action["url"]

    forged = post_event(account, attempt.reference, secret="guessed")
    payment.refresh_from_db()
    assert (forged.status, payment.status) == ("rejected", "requires_action")

    pay(payment)
    assert post_event(account, attempt.reference).status == "handled"
    payment.refresh_from_db()
    assert payment.status == "succeeded"

    part = refund(payment, 4_000)
    assert (part.way, part.status) == ("disburse", "succeeded")
    rest = refund(payment, 6_000)
    assert (rest.way, rest.status) == ("disburse", "succeeded")
    violations = find_violations(now=timezone.now())
    assert [one.invariant.name for one in violations if one.violations] == []


def test_the_whole_of_it_goes_back_by_waves_own_refund_and_is_known_by_its_movement(
    account, payment
):
    pay(payment)
    settle(payment.attempts.get())
    payment.refresh_from_db()

    whole = refund(payment, 10_000)

    assert (whole.way, whole.status) == ("refund", "succeeded")
    attempt = Attempt.objects.get(operation="refund")
    assert attempt.provider_reference.startswith("T_")
    assert attempt.provider_reference != payment.attempts.get().provider_reference


def refund(payment, amount):
    made = create_refund(
        payment_id=payment.pk,
        order=RefundOrder(amount=amount),
        source="api",
        now=timezone.now(),
    )
    submit_due(timezone.now())
    settle(made.attempts.get())
    made.refresh_from_db()
    return made


def test_of_a_secret_that_a_provider_sends_a_digest_is_kept_alone():
    kept = kept_headers({"Authorization": "Bearer a-secret"}, read=["authorization"])

    assert kept == {"authorization": hashlib.sha256(b"Bearer a-secret").hexdigest()}
    assert kept_headers({"Authorization": "Bearer a-secret"}, read=["wave-signature"]) == {}
