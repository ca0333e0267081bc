"""The simulated Wave: its page, its webhook, its list of movements."""

from __future__ import annotations

import io
import json
import time
import uuid
from datetime import UTC, datetime

import pytest
import urllib3

from apps.providers.connectors.wave.config import WaveConfig
from apps.providers.connectors.wave.connector import WaveConnector
from apps.providers.connectors.wave.signature import check_signature
from apps.providers.connectors.wave.simulator import TEST_CREDENTIALS, TEST_PAYER, WEBHOOK_SECRET
from apps.providers.connectors.wave.simulator.events import signed
from apps.providers.contract import (
    CallbackRejected,
    CollectRequest,
    DisburseRequest,
    FailureCode,
    Operation,
    Outcome,
    OwnMovement,
    QueryRequest,
)
from apps.providers.simulation.faults import Fault, FaultKind
from apps.providers.simulation.process import SimulatorProcess
from apps.providers.transports.http import HttpTransport

BROWSER = urllib3.PoolManager()


@pytest.fixture(scope="module")
def simulators(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wave")
    with SimulatorProcess(
        data_dir=folder / "data", report_dir=folder / "reports", approve_after_s=0.0
    ) as process:
        yield process


@pytest.fixture
def wave(simulators):
    config = WaveConfig.from_mapping({"base_url": f"{simulators.url}/wave", **TEST_CREDENTIALS})
    return WaveConnector(config=config, transport=HttpTransport(), clock=lambda: datetime.now(UTC))


def order():
    return CollectRequest(
        reference=uuid.uuid4(),
        amount=1_500,
        currency="XOF",
        country="SN",
        payer_msisdn=TEST_PAYER,
        description="Livre",
        merchant_name="Librairie",
        callback_url="",
        return_url="https://shop.example/merci",
        cancel_url="https://shop.example/retour",
    )


def what_became_of(wave, request, state):
    return wave.query(
        QueryRequest(
            reference=request.reference,
            amount=1_500,
            currency="XOF",
            counterparty=TEST_PAYER,
            connector_state=state,
        )
    )


def choose(url, decision):
    return BROWSER.request("POST", url, fields={"decision": decision}, encode_multipart=False,
                           redirect=False)  # fmt: skip


@pytest.mark.parametrize(
    ("decisions", "outcome", "failure", "leads_to"),
    [
        (["approve"], Outcome.SUCCEEDED, None, "merci"),
        (["refuse"], Outcome.FAILED, FailureCode.PAYER_DECLINED, "retour"),
        (["no_funds"], Outcome.PENDING, None, ""),
        (["no_funds", "approve"], Outcome.SUCCEEDED, None, "merci"),
        (["approve", "refuse"], Outcome.SUCCEEDED, None, ""),
    ],
)
def test_the_payer_decides_behind_the_link(wave, decisions, outcome, failure, leads_to):
    request = order()
    opened = wave.collect(request)
    shown = BROWSER.request("GET", opened.next_action.url + "?lang=en")
    assert shown.status == 200 and b"1,500" in shown.data
    assert "frame-ancestors 'none'" in shown.headers["Content-Security-Policy"]

    for decision in decisions:
        answer = choose(opened.next_action.url, decision)

    result = what_became_of(wave, request, opened.connector_state)
    assert (result.outcome, result.failure_code) == (outcome, failure)
    assert answer.headers.get("Location", "").endswith(leads_to)


def payout_of(amount):
    return DisburseRequest(
        reference=uuid.uuid4(),
        amount=amount,
        currency="XOF",
        country="SN",
        payee_msisdn=TEST_PAYER,
        description="Salaire",
        merchant_name="Librairie",
        callback_url="",
    )


def listed_on(wave, day):
    """What the list of a day has, and on how many pages."""
    content, position, pages = b"", "", 0
    while pages == 0 or position:
        page = wave.list_movements(day, position)
        content, position, pages = content + page.content, page.next_position, pages + 1
    return content, pages


def test_a_payout_is_made_once_a_key_and_taken_from_the_wallet(wave):
    before = wave.read_balances("XOF")[0].available
    request = payout_of(2_000)

    for _twice in range(2):
        wave.disburse(request)

    asked = QueryRequest(request.reference, 2_000, "XOF", TEST_PAYER, Operation.DISBURSE)
    assert wave.query(asked).outcome is Outcome.SUCCEEDED
    assert before - wave.read_balances("XOF")[0].available == 2_000


def test_the_list_of_a_day_comes_in_pages_and_reads_as_its_report(wave, simulators):
    for _each in range(3):
        choose(wave.collect(order()).next_action.url, "approve")
    simulators.control("POST", "/settings", {"provider": "wave", "page_size": 2})
    day = datetime.now(UTC).date()

    content, pages = listed_on(wave, day)
    report = simulators.control("POST", "/reports", {"provider": "wave", "day": str(day)})
    with open(report["files"][0], "rb") as file:  # noqa: PTH123 (as the platform opens it)
        reported = [(line.provider_reference, line.amount) for line in wave.read_statement(file)]
    listed = [
        (line.provider_reference, line.amount) for line in wave.read_statement(io.BytesIO(content))
    ]
    assert pages >= 2
    assert listed == reported and len(listed) >= 3


@pytest.mark.parametrize("kind", [FaultKind.NONE, FaultKind.FORGED_CALLBACK])
def test_its_webhook_is_signed_and_a_forgers_is_not(kind):
    now = time.time()
    body = json.dumps({"id": "EV_1", "type": "checkout.session.completed"}).encode()

    (told,) = signed([(now, body)], url="http://127.0.0.1:9/", fault=Fault(kind), tries=1)

    headers = {name.lower(): value for name, value in told.headers.items()}
    received_at = datetime.fromtimestamp(now, UTC)
    if kind:
        with pytest.raises(CallbackRejected):
            check_signature(headers, body, secret=WEBHOOK_SECRET, received_at=received_at)
    else:
        check_signature(headers, body, secret=WEBHOOK_SECRET, received_at=received_at)


def test_what_came_back_and_what_was_swept_stand_in_the_list_as_lines_of_their_own(
    wave, simulators
):
    def call(method, path, **body):
        headers = {"Authorization": f"Bearer {TEST_CREDENTIALS['api_key']}"}
        url = f"{simulators.url}/wave{path}"
        return BROWSER.request(method, url, headers=headers, **body)

    request = payout_of(1_200)
    wave.disburse(request)
    search = f"/v1/payouts/search?client_reference={request.reference}"
    payout = call("GET", search).json()["result"][0]
    before = wave.read_balances("XOF")[0].available

    for _twice in range(2):
        assert call("POST", f"/v1/payout/{payout['id']}/reverse").status == 200
    swept = call("POST", "/portal/sweep", json={"amount": "400", "currency": "XOF"}).json()[
        "transaction_id"
    ]

    assert call("GET", search).json()["result"][0]["status"] == "reversed"
    assert wave.read_balances("XOF")[0].available == before + 1_200 - 400
    lines = list(wave.read_statement(io.BytesIO(listed_on(wave, datetime.now(UTC).date())[0])))
    (back,) = [line for line in lines if line.kind == OwnMovement.RETURNED]
    assert (back.reference, back.amount) == (str(request.reference), 1_200)
    (out,) = [line for line in lines if line.provider_reference == swept]
    assert (out.kind, out.reference, out.amount, out.fee) == (OwnMovement.SWEEP, "", -400, 0)
