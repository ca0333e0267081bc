from pathlib import Path

import pytest

from apps.providers.contract import Outcome, StatementProblem, StatementRecord

from .bench import CODE, approve, submit


@pytest.fixture
def report(simulator, connector):
    """Order today's report and read it with the connector."""

    def report():
        [path] = simulator.control("POST", "reports", provider=CODE)["files"]
        with Path(path).open("rb") as file:
            return list(connector.read_statement(file))

    return report


def test_report_reads_back_to_the_franc(simulator, connector, shop, report):
    requests = [shop.request(amount=amount) for amount in (1, 1500, 2_000_000)]
    for request in requests:
        approve(connector.collect(request).next_action.url)

    records = report()

    assert {(r.reference, r.amount, r.fee, r.outcome) for r in records} == {
        (
            connector.statement_reference(request.reference),
            request.amount,
            request.amount // 100,
            Outcome.SUCCEEDED,
        )
        for request in requests
    }
    by_reference = {row["reference"]: row for row in simulator.book()}
    for record in records:
        booked = by_reference[record.reference]
        assert record.provider_reference == booked["provider_reference"]
        assert record.occurred_at.timestamp() == int(booked["decide_at"])


def test_report_leaves_out_what_never_became_a_transaction(connector, shop, report):
    approve(connector.collect(shop.request()).next_action.url, "690900150")
    submit(connector.collect(shop.request()).next_action.url, decision="refuse")
    submit(connector.collect(shop.request()).next_action.url, decision="expire")
    connector.collect(shop.request())

    [failed] = report()

    assert (failed.outcome, failed.fee) == (Outcome.FAILED, 0)


@pytest.mark.parametrize(
    ("kind", "records", "problems"),
    [
        ("extra_line", 4, 0),
        ("missing_line", 2, 0),
        ("wrong_amount", 3, 0),
        ("duplicate_line", 4, 0),
        ("broken_line", 2, 1),
    ],
)
def test_planted_break_can_be_read(simulator, connector, shop, report, kind, records, problems):
    simulator.settings(auto_approve_after_s=0)
    references = set()
    for _ in range(3):
        request = shop.request()
        connector.collect(request)
        references.add(connector.statement_reference(request.reference))
    simulator.control("POST", "plant", provider=CODE, kind=kind)

    lines = report()

    assert sum(isinstance(line, StatementRecord) for line in lines) == records
    assert sum(isinstance(line, StatementProblem) for line in lines) == problems
    strangers = [
        r for r in lines if isinstance(r, StatementRecord) and r.reference not in references
    ]
    assert len(strangers) == (kind == "extra_line")
    changed = [r for r in lines if isinstance(r, StatementRecord) and r.amount == 1600]
    assert len(changed) == (kind == "wrong_amount")
