"""What the guide says the numbers do to refunds and payouts: every row of it is played."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from datetime import timedelta
from itertools import chain, repeat, takewhile
from types import SimpleNamespace

import pytest
from django.db import transaction
from django.utils import timezone

from apps.core.money import Money
from apps.core.public_ids import new_id
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payouts.services.create_payout import PayoutRequest, create_payout
from apps.providers.connectors.mtn_momo.simulator import TEST_CREDENTIALS
from apps.providers.connectors.mtn_momo.simulator.payers import (
    ENDING_START,
    PAYER_APPROVES,
    PAYER_CANNOT_RECEIVE,
    TRANSFER_MAGIC,
)
from apps.providers.contract import (
    CollectRequest,
    ConnectorError,
    FailureCode,
    Outcome,
    QueryRequest,
)
from apps.providers.registry import connector_for, encrypt_credentials
from apps.providers.simulation.faults import MAGIC_SUFFIXES, FaultKind
from apps.providers.simulation.process import SimulatorProcess
from apps.refunds.services.create_refund import RefundOrder, create_refund
from tests.docs.pages import read, section, table
from tests.factories import MerchantFactory, PaymentFactory
from tests.fakes import open_account, submit_due

GUIDE = read("docs/guides/testing.md")
PAYOUTS = {
    number.removeprefix("…"): f"{payout} {failure_code}"
    for number, (_, payout, failure_code) in (
        (number, cells)
        for number, cells in table(section(GUIDE, "### Refunds and payouts")).items()
        if number.startswith("…")
    )
}
FAULTS = {
    number.removeprefix("…"): cells
    for number, cells in table(section(GUIDE, "### What goes wrong on the way")).items()
}
# These take seconds of a reader's time, here a part of one.
TAKE_TIME = {
    FaultKind.SLOW,
    FaultKind.LATE_SUCCESS,
    FaultKind.LATE_APPROVAL,
    FaultKind.HIDDEN_AT_FIRST,
}
SHORT_S = 0.2
PATIENCE_S = 30.0
CODES = set(FailureCode)
ENDS = {"succeeded", "failed"}
STATUSES = {"pending", "processing", "verifying", *ENDS}
# Those of which nothing was sent are tried again: when all tries are over.
LATER = [timedelta(minutes=minutes) for minutes in range(5)]

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("money_out_numbers")]


@pytest.fixture(scope="module")
def simulators(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulators")
    data, reports = folder / "data", folder / "reports"
    with SimulatorProcess(data_dir=data, report_dir=reports, approve_after_s=0.0) as process:
        yield process


@pytest.fixture
def account(simulators, monkeypatch):
    # The transaction around a test is none of the platform's.
    no_transaction = SimpleNamespace(in_atomic_block=False, close=lambda: None)
    monkeypatch.setattr("apps.providers.transports.http.connection", no_transaction)
    account_id = new_id()
    credentials = {"base_url": f"{simulators.url}/mtn_momo", **TEST_CREDENTIALS}
    return open_account(
        id=account_id,
        connector="mtn_momo",
        credentials_encrypted=encrypt_credentials(account_id, credentials),
        operations=["collect", "refund", "disburse"],
    )


@pytest.fixture
def paid(account):
    """A payment of this number that succeeded, here and in the provider's book."""

    def pay(number):
        payment = PaymentFactory(
            account=account, succeeded=True, payer_msisdn=number, fee=0, merchant=MerchantFactory()
        )
        connector = connector_for(account)
        reference = payment.attempts.get().reference
        # What the fault does to it meanwhile is told of payments elsewhere.
        with suppress(ConnectorError):
            connector.collect(
                CollectRequest(
                    reference=reference,
                    amount=payment.amount,
                    currency=payment.currency,
                    country=payment.country,
                    payer_msisdn=number,
                    description="Livre",
                    merchant_name="Librairie",
                    callback_url="",
                    return_url="",
                    cancel_url="",
                )
            )
        asked = QueryRequest(reference, payment.amount, payment.currency, number)
        give_up_at = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up_at:
            with suppress(ConnectorError):
                if connector.query(asked).outcome is Outcome.SUCCEEDED:
                    return payment
            time.sleep(0.02)
        raise AssertionError(f"{number} did not pay")

    return pay


@pytest.fixture
def shortened(simulators):
    """Have the fault of a number take less time, whatever is ordered."""

    def shorten(number):
        kind, _ = MAGIC_SUFFIXES.get(number[-6:], (FaultKind.NONE, None))
        if kind in TAKE_TIME:
            wanted = {"provider": "mtn_momo", "fault": kind, "msisdn": number, "value": SHORT_S}
            simulators.control("POST", "/faults", {**wanted, "times": -1})
        return number

    yield shorten
    simulators.control("DELETE", "/faults")


def refund(payment):
    return create_refund(
        payment_id=payment.pk, order=RefundOrder(amount=500), source="api", now=timezone.now()
    )


@transaction.atomic
def pay_out(payment, number):
    return create_payout(
        merchant=payment.merchant,
        livemode=False,
        request=PayoutRequest(phone=number, money=Money(500, "XAF")),
        now=timezone.now(),
    )


def seen(owner, *, takes_time):
    """The statuses it has, one after the other, until it ends or nothing more happens soon."""
    statuses = [owner.status]
    give_up_at = time.monotonic() + PATIENCE_S
    rounds = chain(LATER, takewhile(lambda _: time.monotonic() < give_up_at, repeat(LATER[-1])))
    for later in rounds if takes_time else LATER:
        if owner.status in ENDS:
            break
        submit_due(timezone.now() + later)
        owner.refresh_from_db()
        statuses.append(owner.status)
        if owner.status not in ENDS:
            attempt = owner.attempts.latest("id")
            owner = refresh_attempt(attempt_id=attempt.pk, source="poll")
            statuses.append(owner.status)
            time.sleep(0.02)
    return list(dict.fromkeys(statuses)), owner.failure_code


def assert_as_told(owner, number, told):
    kind, _ = MAGIC_SUFFIXES.get(number[-6:], (FaultKind.NONE, None))
    had, failure_code = seen(owner, takes_time=kind in TAKE_TIME)
    words = re.findall(r"[a-z_]+", told)
    named = [word for word in words if word in STATUSES]

    # All that goes well is pending and processing first; the guide names these where they last.
    had = [status for status in had if status in named or status not in {"pending", "processing"}]
    assert had
    # Half a minute, or a day, is not waited for.
    assert had == named[: len(had)]
    if had[-1] in ENDS:
        assert had == named
        assert {failure_code} - {""} == CODES.intersection(words)


def test_every_number_that_the_simulator_knows_is_in_the_tables():
    assert set(PAYOUTS) == {suffix.replace("1234", ENDING_START) for suffix in TRANSFER_MAGIC}
    assert set(FAULTS) == set(MAGIC_SUFFIXES)


@pytest.mark.parametrize(
    ("suffix", "told"),
    [*PAYOUTS.items(), *[(suffix, cells[-1]) for suffix, cells in FAULTS.items()]],
)
def test_a_payout_to_a_number_becomes_what_the_guide_says(paid, shortened, suffix, told):
    number = shortened(f"237677{suffix}")
    assert_as_told(pay_out(paid(PAYER_APPROVES), number), number, told)


@pytest.mark.parametrize(
    ("suffix", "told"),
    [(suffix, cells[-2]) for suffix, cells in FAULTS.items() if cells[-2]],
)
def test_a_refund_to_a_number_becomes_what_the_guide_says(paid, shortened, suffix, told):
    number = shortened(f"237677{suffix}")
    assert_as_told(refund(paid(number)), number, told)


def test_where_the_guide_has_no_refund_the_payment_did_not_succeed():
    without = {suffix for suffix, cells in FAULTS.items() if not cells[-2]}

    assert without == {suffix for suffix, cells in FAULTS.items() if "succeeded" not in cells[2]}


@pytest.mark.parametrize("told", [PAYOUTS[PAYER_CANNOT_RECEIVE[-6:]]])
def test_the_number_that_cannot_receive_pays_and_gets_no_refund(paid, told):
    assert f"`+{PAYER_CANNOT_RECEIVE}` pay, and refund it: `failed`, `payee_cannot_receive`" in (
        GUIDE
    )
    assert_as_told(refund(paid(PAYER_CANNOT_RECEIVE)), PAYER_CANNOT_RECEIVE, told)
