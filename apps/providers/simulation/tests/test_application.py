"""What the frame promises to a simulator and to the tests that control it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from .conftest import build, call

ORDER = {"id": "a1", "phone": "237677000001", "amount": 1500}


def pay(application, **changes):
    return call(application, "POST", "/kori/pay", {**ORDER, **changes})


def test_an_order_is_accepted_once_and_its_repeat_changes_nothing(application):
    first, again = pay(application), pay(application, amount=9)

    book = call(application, "GET", "/control/books/kori").json()
    assert (first.status, again.status) == (202, 409)
    assert [(entry["amount"], entry["times_executed"]) for entry in book] == [(1500, 1)]


def test_an_unknown_path_and_an_unknown_provider_are_not_found(application):
    assert call(application, "GET", "/kori/nothing").status == 404
    assert call(application, "GET", "/nobody/pay").status == 404
    assert call(application, "GET", "/control/nothing").status == 404
    assert call(application, "GET", "/").status == 404


def test_an_unreadable_body_is_the_simulators_400(application):
    assert call(application, "POST", "/kori/pay", ["not", "an", "object"]).status == 400


def test_a_payer_takes_his_time(tmp_path):
    application = build(tmp_path, approve_after_s=60)

    pay(application)

    assert call(application, "GET", "/kori/pay/a1").json() == {"status": "PENDING"}
    book = call(application, "GET", "/control/books/kori").json()
    assert (book[0]["status"], book[0]["times_executed"]) == ("PENDING", 0)
    application.close()


def test_everything_accepted_survives_a_restart(tmp_path):
    before = build(tmp_path)
    pay(before)
    call(before, "POST", "/control/settings", {"provider": "kori", "fee_basis_points": 250})
    call(before, "POST", "/control/faults", {"provider": "kori", "fault": "down"})
    number = before.simulators["kori"].next_number()
    before.close()

    after = build(tmp_path)

    assert call(after, "GET", "/kori/pay/a1").json() == {"status": "PAID"}
    assert call(after, "GET", "/control/settings/kori").json()["fee_basis_points"] == 250
    assert pay(after, id="a2").status == 503
    assert after.simulators["kori"].next_number() > number
    after.close()


def test_two_processes_never_share_one_memory(tmp_path, monkeypatch):
    application = build(tmp_path)
    monkeypatch.setattr("apps.providers.simulation.application.LOCK_WAIT_S", 0.05)

    with pytest.raises(TimeoutError):
        build(tmp_path)

    application.close()


def test_an_armed_fault_strikes_its_times_and_no_more(application):
    call(application, "POST", "/control/faults", {"provider": "kori", "fault": "down", "times": 2})

    statuses = [pay(application, id=f"a{number}").status for number in range(3)]

    assert statuses == [503, 503, 202]
    assert call(application, "GET", "/control/faults").json() == []


def test_an_armed_fault_strikes_only_whom_it_names(application):
    for choice in ({"msisdn": "237677000002"}, {"reference": "a3"}):
        fault = {"provider": "kori", "fault": "down", **choice}
        call(application, "POST", "/control/faults", fault)

    statuses = [
        pay(application).status,
        pay(application, id="a2", phone="237677000002").status,
        pay(application, id="a3").status,
    ]

    assert statuses == [202, 503, 503]


def test_an_endless_fault_ends_when_disarmed(application):
    fault = {"provider": "kori", "fault": "down", "times": -1}
    call(application, "POST", "/control/faults", fault)
    assert [pay(application).status for _ in range(3)] == [503] * 3

    call(application, "DELETE", "/control/faults")

    assert pay(application).status == 202


def test_a_fault_on_queries_leaves_orders_alone(application):
    fault = {"provider": "kori", "fault": "junk_body", "on": "query"}
    call(application, "POST", "/control/faults", fault)

    assert pay(application).json() == {"accepted": True}
    assert b"<html>" in call(application, "GET", "/kori/pay/a1").body
    assert call(application, "GET", "/kori/pay/a1").json() == {"status": "PAID"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/control/faults", {"provider": "kori", "fault": "no_such_fault"}),
        ("/control/faults", {"provider": "kori", "fault": ""}),
        ("/control/faults", {"provider": "nobody", "fault": "down"}),
        ("/control/faults", {"provider": "kori", "fault": "down", "on": "sunday"}),
        ("/control/faults", {"provider": "kori", "fault": "down", "times": "many"}),
        ("/control/settings", {"provider": "kori", "no_such_setting": 1}),
        ("/control/settings", {"provider": "kori", "approve_after_s": "long"}),
        ("/control/plant", {"provider": "kori", "kind": "no_such_break"}),
        ("/control/reports", {"provider": "kori", "day": "yesterday"}),
    ],
)
def test_a_control_call_that_makes_no_sense_is_refused_and_changes_nothing(application, path, body):
    before = call(application, "GET", "/control/settings/kori").json()

    assert call(application, "POST", path, body).status == 400

    assert call(application, "GET", "/control/settings/kori").json() == before
    assert call(application, "GET", "/control/faults").json() == []


def test_the_books_can_be_read_from_a_moment_on(application):
    pay(application)
    moment = time.time()
    pay(application, id="a2")

    late = call(application, "GET", "/control/books/kori", query=f"since={moment}").json()
    as_text = datetime.fromtimestamp(moment, UTC).isoformat().replace("+", "%2B")
    same = call(application, "GET", "/control/books/kori", query=f"since={as_text}").json()
    none = call(application, "GET", "/control/books/kori", query="since=2999-01-01").json()

    assert [entry["reference"] for entry in late] == ["a2"]
    assert same == late
    assert none == []


def test_a_reset_forgets_all_but_the_planted_accounts(application, receiver):
    call(application, "POST", "/control/settings", {"approve_after_s": 60})
    pay(application, callback=receiver.url("late"))
    call(application, "POST", "/control/faults", {"provider": "kori", "fault": "down"})

    assert call(application, "POST", "/control/reset").status == 204

    assert call(application, "GET", "/control/books/kori").json() == []
    assert call(application, "GET", "/control/faults").json() == []
    assert call(application, "GET", "/control/health").json()["callbacks"]["waiting"] == 0
    assert call(application, "GET", "/control/settings/kori").json()["approve_after_s"] == 0
    assert application.simulators["kori"].store.get("users", "demo") == {"started": True}


def write_report(application):
    return call(application, "POST", "/control/reports", {"provider": "kori"}).json()


def lines_of(answer):
    return Path(answer["files"][0]).read_text(encoding="utf-8").splitlines()[1:]


def test_the_report_lists_what_was_decided_that_day(application):
    for number in range(3):
        pay(application, id=f"a{number}")

    answer = write_report(application)

    assert lines_of(answer) == ["a0,1500", "a1,1500", "a2,1500"]
    assert answer["breaks"] == []


def test_a_day_without_movements_has_no_report(application):
    pay(application)

    answer = call(
        application, "POST", "/control/reports", {"provider": "kori", "day": "2020-02-29"}
    ).json()

    assert answer["files"] == []


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("missing_line", ["a0,1500", "a2,1500"]),
        ("wrong_amount", ["a0,1500", "a1,1600", "a2,1500"]),
        ("duplicate_line", ["a0,1500", "a1,1500", "a1,1500", "a2,1500"]),
    ],
)
def test_a_planted_break_breaks_its_line_and_says_so(application, kind, expected):
    for number in range(3):
        pay(application, id=f"a{number}")
    planted = {"provider": "kori", "kind": kind, "reference": "a1"}
    call(application, "POST", "/control/plant", planted)

    first, again = write_report(application), write_report(application)

    assert lines_of(first) == lines_of(again) == expected
    assert first["breaks"] == again["breaks"] == [{"kind": kind, "reference": "a1"}]


def test_an_extra_line_is_the_same_stranger_each_time(application):
    pay(application)
    call(application, "POST", "/control/plant", {"provider": "kori", "kind": "extra_line"})

    first, again = lines_of(write_report(application)), lines_of(write_report(application))

    assert first == again
    assert len(first) == 2
    assert first[0] == "a1,1500"
    assert not first[1].startswith("a1,")


def test_a_broken_line_is_rubbish_and_the_others_stay(application):
    for number in range(2):
        pay(application, id=f"a{number}")
    call(application, "POST", "/control/plant", {"provider": "kori", "kind": "broken_line"})

    lines = lines_of(write_report(application))

    assert "a0" not in lines[0]
    assert lines[1] == "a1,1500"
