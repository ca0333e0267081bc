"""A day's pages read as lines of a statement: nothing dropped, nothing of another kind."""

from __future__ import annotations

import io
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.providers.connectors.wave.movements import movement_page, read_movements
from apps.providers.contract import (
    HttpAnswer,
    Operation,
    OwnMovement,
    ProviderMisbehaved,
    StatementProblem,
    StatementRecord,
)

REFERENCE = "6f0d3a52-5b0f-4b57-9f0e-8f7f0a3f2d11"


def item(kind="api_checkout", amount="1500", **changes):
    return {
        "timestamp": "2026-03-10T12:00:01Z",
        "transaction_id": "T_2",
        "transaction_type": kind,
        "amount": amount,
        "fee": "15",
        "currency": "XOF",
        "is_reversal": False,
        "counterparty_name": "Awa Ndiaye",
        "counterparty_mobile": "+221770000001",
        "client_reference": REFERENCE,
        **changes,
    }


def page(*items, **dressed):
    info = {"has_next_page": False, "end_cursor": ""}
    return json.dumps({"page_info": info, "date": "2026-03-10", "items": items}, **dressed)


def sequence(*pages):
    return "".join(f"\x1e{one}\n" for one in pages).encode()


def read(content, **options):
    return list(read_movements(io.BytesIO(content), **options))


@pytest.mark.parametrize(
    ("kind", "amount", "operation", "reference"),
    [
        ("api_checkout", "1500", Operation.COLLECT, REFERENCE),
        ("api_payout", "-1500", Operation.DISBURSE, REFERENCE),
        # It repeats its checkout's reference, which is not the refund's.
        ("api_checkout_refund", "-1500", Operation.REFUND, ""),
        ("merchant_payment", "1500", Operation.COLLECT, ""),
        ("merchant_payment_refund", "-1500", Operation.REFUND, ""),
        ("bulk_payment", "-1500", Operation.DISBURSE, ""),
        ("b2b_payment", "-1500", Operation.DISBURSE, ""),
    ],
)
def test_each_type_is_a_line_of_its_kind(kind, amount, operation, reference):
    (line,) = read(sequence(page(item(kind, amount))))

    assert (line.kind, line.reference, line.amount, line.fee) == (operation, reference, 1500, 15)
    assert (line.provider_reference, line.currency) == ("T_2", "XOF")
    assert "Awa" not in line.raw and "221770000001" not in line.raw


@pytest.mark.parametrize(
    ("kind", "amount", "changes", "said"),
    [
        ("merchant_sweep", "-500000", {}, (OwnMovement.SWEEP, "", -500_000, 15)),
        ("merchant_sweep", "500000", {"is_reversal": True}, (None, "", 500_000, -15)),
        # What came back names the payout it had been, and so does its fee.
        ("api_payout_reversal", "1500", {}, (OwnMovement.RETURNED, REFERENCE, 1500, -15)),
        ("api_payout", "1500", {"is_reversal": True}, (OwnMovement.RETURNED, REFERENCE, 1500, -15)),
        (
            "api_payout_reversal",
            "1500",
            {"fee": "-15"},
            (OwnMovement.RETURNED, REFERENCE, 1500, -15),
        ),
        (
            "api_checkout_refund",
            "1500",
            {"is_reversal": True},
            (OwnMovement.RETURNED, "", 1500, -15),
        ),
        ("bulk_payment_reversal", "1500", {}, (OwnMovement.RETURNED, "", 1500, -15)),
        ("b2b_payment_reversal", "1500", {}, (OwnMovement.RETURNED, "", 1500, -15)),
        # A payment that was taken back left under its name.
        ("api_checkout", "-1500", {"is_reversal": True}, (None, REFERENCE, -1500, -15)),
    ],
)
def test_what_no_instruction_asked_for_is_a_line_of_its_own_kind(kind, amount, changes, said):
    (line,) = read(sequence(page(item(kind, amount, **changes))))

    assert (line.kind, line.reference, line.amount, line.fee) == said


def test_what_came_back_after_the_fee_is_read_before_it():
    (line,) = read(sequence(page(item("api_payout_reversal", "1515"))), are_net=True)

    assert line.amount == 1500


@pytest.mark.parametrize(
    "changes",
    [
        {"transaction_type": "api_payout_reversal", "amount": "-1500"},
        {"transaction_type": "merchant_sweep", "amount": "500000"},
        {"transaction_type": "something_new"},
        {"transaction_type": None},
        {"is_reversal": True},
        {"amount": "-1500"},
        {"amount": "1500.5"},
        {"amount": "1,500"},
        {"amount": "--1500"},
        {"amount": ""},
        {"amount": "0"},
        {"amount": True},
        {"amount": None},
        {"fee": "x"},
        {"fee": "-15"},
        {"currency": "francs"},
        {"transaction_id": ""},
        {"timestamp": "2026-03-10T12:00:01"},
        {"timestamp": "yesterday"},
        {"timestamp": 1},
        # No zone, or only some, can say these.
        {"timestamp": "9999-12-31T23:59:59Z"},
        {"timestamp": "0001-01-01T00:00:00+23:59"},
    ],
)
def test_what_is_no_movement_of_an_order_is_a_problem_and_costs_the_others_nothing(changes):
    lines = read(sequence(page(item(), item(**changes), item(transaction_id="T_3"))))

    assert [type(line) for line in lines] == [StatementRecord, StatementProblem, StatementRecord]
    assert [line.line_number for line in lines] == [1, 2, 3]


def test_amounts_after_the_fee_are_read_before_it():
    lines = read(sequence(page(item(), item("api_payout", "-1515"))), are_net=True)

    assert [line.amount for line in lines] == [1515, 1500]


def test_pages_are_read_however_they_are_dressed_and_one_that_is_none_is_a_problem():
    pages = (page(item(), indent=2), "<html>", page(item(transaction_id="T_3")) + "cut;off,###")

    lines = read(sequence(*pages) + b"\x1e\xff\xfe\n")

    assert [type(line).__name__ for line in lines] == [
        "StatementRecord",
        "StatementProblem",
        "StatementRecord",
        "StatementProblem",
        "StatementProblem",
    ]


def test_a_page_that_begins_with_a_byte_order_mark_is_read_and_one_in_utf_16_is_not_taken():
    text = page(item())
    marked = HttpAnswer(200, {}, text.encode("utf-8-sig"))

    (line,) = read(movement_page(marked, day=date(2026, 3, 10)).content)
    assert line.amount == 1500
    with pytest.raises(ProviderMisbehaved):
        movement_page(HttpAnswer(200, {}, text.encode("utf-16")), day=date(2026, 3, 10))


@pytest.mark.parametrize("nested", [b"[" * 100_000, b'{"items":[1]}', b'{"items":{}}', b"null"])
def test_no_page_breaks_the_reader(nested):
    assert [type(line) for line in read(b"\x1e" + nested)] == [StatementProblem]


@given(st.lists(st.lists(st.integers(1, 10**9), max_size=5), max_size=6))
def test_no_movement_is_lost_or_counted_twice_however_the_day_is_cut(days):
    pages = [page(*(item(amount=str(amount)) for amount in amounts)) for amounts in days]

    lines = read(sequence(*pages))

    assert [line.amount for line in lines] == [one for amounts in days for one in amounts]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_to_the_end(content):
    assert all(isinstance(line, StatementProblem) for line in read(content))
