"""Callbacks go out when due, once, and are not lost with the process."""

from __future__ import annotations

import json
import time

import pytest

from apps.providers.simulation.callbacks import CallbackBodies, CallbackSender, plan
from apps.providers.simulation.faults import Fault, FaultKind
from apps.providers.simulation.store import DueCallback, Store

from .conftest import build, call

BODIES = CallbackBodies(b"truth", b"pending", b"success", b"failure", b"wrong", b"another")


def send(application, receiver, name, phone="237677000001"):
    order = {"id": name, "phone": phone, "amount": 1500, "callback": receiver.url(name)}
    assert call(application, "POST", "/kori/pay", order).status == 202


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(), [(110, b"truth")]),
        (Fault(FaultKind.NO_CALLBACK), []),
        (Fault(FaultKind.DUPLICATE_CALLBACK), [(110, b"truth")] * 2),
        (Fault(FaultKind.DUPLICATE_CALLBACK, 100), [(110, b"truth")] * 100),
        (Fault(FaultKind.LATE_CALLBACK), [(113, b"truth")]),
        (Fault(FaultKind.LATE_CALLBACK, 7), [(117, b"truth")]),
        (Fault(FaultKind.EARLY_CALLBACK), [(100, b"truth")]),
        (Fault(FaultKind.OUT_OF_ORDER_CALLBACK), [(110, b"truth"), (110.2, b"pending")]),
        (Fault(FaultKind.CONTRADICTING), [(110, b"success"), (110.2, b"failure")]),
        (Fault(FaultKind.FORGED_CALLBACK), [(100, b"success"), (110.2, b"wrong")]),
        (Fault(FaultKind.LATE_SUCCESS), [(104, b"failure"), (110, b"success")]),
        (Fault(FaultKind.WRONG_AMOUNT), [(110, b"wrong")]),
        (Fault(FaultKind.ANSWER_FOR_ANOTHER), [(110, b"another")]),
        (Fault(FaultKind.SLOW), [(110, b"truth")]),
    ],
)
def test_each_fault_tells_its_own_story(fault, expected):
    assert plan(fault, BODIES, created_at=100, decide_at=110) == expected


def test_an_undecided_instruction_is_told_to_nobody_but_by_a_forger():
    assert plan(Fault(), BODIES, created_at=100, decide_at=None) == []
    forged = plan(Fault(FaultKind.FORGED_CALLBACK), BODIES, created_at=100, decide_at=None)
    assert forged == [(100, b"success")]


def test_a_callback_arrives_once(application, receiver):
    send(application, receiver, "a1")

    assert receiver.wait_for("a1") == [{"id": "a1", "status": "truth"}]
    application.sender.stop()
    assert application.simulators["kori"].store.due_callbacks() == []


def test_a_hundred_duplicates_arrive(application, receiver):
    send(application, receiver, "a1", phone="237677900015")

    assert len(receiver.wait_for("a1", 100)) == 100


def test_out_of_order_callbacks_come_in_the_wrong_order(application, receiver):
    send(application, receiver, "a1", phone="237677900004")

    statuses = [body["status"] for body in receiver.wait_for("a1", 2)]
    assert statuses == ["truth", "pending"]


def test_a_slow_receiver_does_not_hold_up_the_others(application, receiver):
    for number in range(4):
        send(application, receiver, f"slow{number}")
    send(application, receiver, "quick")

    receiver.wait_for("quick")

    assert [receiver.bodies(f"slow{number}") for number in range(4)] == [[]] * 4


def test_what_was_not_sent_is_sent_after_a_restart(tmp_path, receiver):
    before = build(tmp_path, approve_after_s=0.3)
    send(before, receiver, "a1")
    before.close()
    assert receiver.bodies("a1") == []

    after = build(tmp_path)

    assert receiver.wait_for("a1") == [{"id": "a1", "status": "truth"}]
    after.close()


def test_a_lost_callback_is_not_repeated(application):
    order = {"id": "a1", "phone": "1", "amount": 1, "callback": "http://127.0.0.1:9/nobody"}
    call(application, "POST", "/kori/pay", order)

    deadline = time.monotonic() + 5
    while not application.sender.failed and time.monotonic() < deadline:
        time.sleep(0.01)
    application.sender.stop()

    assert (application.sender.sent, application.sender.failed) == (0, 1)
    assert application.simulators["kori"].store.due_callbacks() == []


def test_a_refused_callback_is_tried_again_when_there_are_tries_left(
    tmp_path, receiver, monkeypatch
):
    monkeypatch.setattr("apps.providers.simulation.callbacks.RETRY_DELAY_S", 0.05)
    receiver.status = 500
    store, sender = Store(tmp_path / "store.sqlite3"), CallbackSender()
    body = json.dumps({"status": "truth"}).encode()
    callback = DueCallback(0.0, receiver.url("a1"), body, tries_left=3)
    with store._lock:
        stored = store._add_callbacks([callback])
    sender.start()

    sender.schedule(store, stored)

    receiver.wait_for("a1", 3)
    sender.stop()
    assert len(receiver.bodies("a1")) == 3
    assert store.due_callbacks() == []
    store.close()
