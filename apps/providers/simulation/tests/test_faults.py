"""Every fault that touches an answer does so on the wire, through the real server."""

from __future__ import annotations

import base64
import http.client
import json
import time

import pytest

from apps.providers.connectors.mtn_momo.simulator import (
    DEMO_API_KEY,
    DEMO_API_USER,
    DEMO_SUBSCRIPTION_KEY,
)
from apps.providers.connectors.mtn_momo.simulator.payers import COLLECT_MAGIC
from apps.providers.simulation.exchange import Answer, json_answer
from apps.providers.simulation.faults import (
    COLLECT,
    CREATE,
    DEFAULT_VALUES,
    DISBURSE,
    MAGIC_SUFFIXES,
    QUERY,
    REFUND,
    TOKEN,
    ArmedFault,
    Fault,
    FaultKind,
    Faults,
    magic_fault,
)
from apps.providers.simulation.process import SimulatorProcess
from apps.providers.simulation.store import Store

CREDENTIALS = f"{DEMO_API_USER}:{DEMO_API_KEY}".encode()


@pytest.fixture(scope="module")
def simulators(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulators")
    process = SimulatorProcess(data_dir=folder / "data", report_dir=folder / "reports")
    with process:
        yield process


def ask_with(simulators, fault, value=None, *, timeout_s=5.0):
    """A call every simulator would answer with JSON, spoilt by the fault."""
    wanted = {"provider": "mtn_momo", "fault": fault, "value": value, "on": "token"}
    simulators.control("POST", "/faults", wanted)
    connection = http.client.HTTPConnection("127.0.0.1", simulators.port, timeout=timeout_s)
    try:
        connection.request(
            "POST",
            "/mtn_momo/collection/token/",
            headers={
                "Authorization": f"Basic {base64.b64encode(CREDENTIALS).decode()}",
                "Ocp-Apim-Subscription-Key": DEMO_SUBSCRIPTION_KEY,
            },
        )
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()
        simulators.control("DELETE", "/faults")


def test_a_dropped_answer_is_a_closed_connection_without_a_byte(simulators):
    with pytest.raises(http.client.RemoteDisconnected):
        ask_with(simulators, "accept_then_drop")


def test_a_cut_body_ends_before_its_length(simulators):
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask_with(simulators, "cut_body", 7)
    assert len(caught.value.partial) == 7


def test_a_slow_answer_comes_late(simulators):
    started = time.monotonic()
    answer, _ = ask_with(simulators, "slow", 0.2)
    assert answer.status == 200
    assert time.monotonic() - started >= 0.2


def test_slow_bytes_come_one_by_one(simulators):
    with pytest.raises(TimeoutError):
        ask_with(simulators, "slow_bytes", 1, timeout_s=0.2)


def test_junk_is_html_with_a_good_status(simulators):
    answer, body = ask_with(simulators, "junk_body")
    assert answer.status == 200
    assert body.startswith(b"<html>")


def test_truncated_json_is_not_json(simulators):
    _, body = ask_with(simulators, "truncated_json")
    with pytest.raises(ValueError, match="line 1 column"):
        json.loads(body)


def test_a_huge_body_is_as_huge_as_it_was_told(simulators):
    _, body = ask_with(simulators, "huge_body", 3_000_000)
    assert len(body) > 3_000_000


def test_a_wrong_content_type_leaves_the_body(simulators):
    answer, body = ask_with(simulators, "wrong_content_type")
    assert answer.headers["Content-Type"] == "text/html"
    assert json.loads(body)


def test_down_is_503(simulators):
    answer, _ = ask_with(simulators, "down")
    assert answer.status == 503


@pytest.fixture
def faults(tmp_path):
    return Faults(Store(tmp_path / "store.sqlite3"))


def test_magic_works_for_orders_and_not_for_queries(faults):
    assert faults.draw(CREATE, {COLLECT}, party="237677900009").kind is FaultKind.DOWN
    assert faults.draw(QUERY, {COLLECT}, party="237677900009").kind is FaultKind.NONE


def test_every_number_of_the_readme_chooses_one_thing_only():
    assert not set(MAGIC_SUFFIXES) & set(COLLECT_MAGIC)
    assert magic_fault("237677000001").kind is FaultKind.NONE
    assert magic_fault("").kind is FaultKind.NONE


def test_a_value_that_was_not_given_is_the_kinds_default():
    assert Fault(FaultKind.SLOW).amount == DEFAULT_VALUES[FaultKind.SLOW]
    assert Fault(FaultKind.SLOW, 0.5).amount == 0.5


def test_a_fault_that_is_none_spoils_nothing():
    answer = json_answer({"a": 1})
    assert Fault().spoil(answer) is answer
    assert Fault(FaultKind.ACCEPT_THEN_DROP).spoil(Answer(202)).dropped


def test_a_fault_armed_for_one_operation_leaves_the_others_alone(faults):
    faults.arm(ArmedFault("down", operation=REFUND, times=-1))

    assert faults.draw(CREATE, {COLLECT}).kind is FaultKind.NONE
    assert faults.draw(CREATE, {DISBURSE}).kind is FaultKind.NONE
    assert faults.draw(CREATE, {REFUND}).kind is FaultKind.DOWN

    faults.arm(ArmedFault("token_expired", operation=DISBURSE))

    assert not faults.token_expires(CREATE, {REFUND})
    assert faults.token_expires(CREATE, {DISBURSE})


def test_a_token_that_serves_an_operation_meets_its_faults(faults):
    faults.arm(ArmedFault("down", on=TOKEN, operation=REFUND))

    assert faults.draw(TOKEN, {COLLECT}).kind is FaultKind.NONE
    assert faults.draw(TOKEN, {REFUND, DISBURSE}).kind is FaultKind.DOWN


def test_only_an_operation_the_provider_has_can_be_armed(simulators):
    for provider, operation, status in [
        ("mtn_momo", "disburse", None),
        ("mtn_momo", "authorize", 400),
        ("orange_webpay", "refund", 400),
        ("orange_webpay", "collect", None),
    ]:
        wanted = {"provider": provider, "fault": "down", "operation": operation}
        if status is None:
            assert simulators.control("POST", "/faults", wanted)["operation"] == operation
        else:
            with pytest.raises(ValueError, match="operation must be one of collect"):
                simulators.control("POST", "/faults", wanted)
    armed = simulators.control("GET", "/faults")
    simulators.control("DELETE", "/faults")

    assert [(one["provider"], one["operation"]) for one in armed] == [
        ("mtn_momo", "disburse"),
        ("orange_webpay", "collect"),
    ]
