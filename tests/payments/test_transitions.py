import itertools

import pytest

from apps.core.public_ids import new_id
from apps.orchestration.models import ATTEMPT_FINAL, Attempt, AttemptStatus, StatusChange
from apps.orchestration.transitions import ATTEMPT_MOVES, MoveNotAllowed, move_attempt
from apps.payments.models import Payment, PaymentStatus
from apps.payments.transitions import PAYMENT_MOVES, move
from tests.fakes import START

TABLES = [(Payment, PaymentStatus, PAYMENT_MOVES), (Attempt, AttemptStatus, ATTEMPT_MOVES)]

ROWS = {
    Attempt: lambda status: Attempt(status=status, owner_id=new_id()),
    Payment: lambda status: Payment(
        status=status, merchant_id=new_id(), amount=100, expires_at=START, created_at=START
    ),
}


def moved(row, target, **others):
    if isinstance(row, Attempt):
        return move_attempt(row, target, source="worker", now=START, **others)
    (change,) = [
        each
        for each in move(row, target, source="worker", now=START, **others).rows
        if isinstance(each, StatusChange)
    ]
    return change


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch):
    monkeypatch.setattr("apps.orchestration.transitions.subscribed_endpoints", lambda **_: [])
    monkeypatch.setattr("apps.orchestration.transitions.tell_on_commit", lambda *_: None)


EVERY_PAIR = [
    (model, moves, source, target)
    for model, statuses, moves in TABLES
    for source, target in itertools.product(["", *statuses], ["", *statuses])
]


@pytest.mark.parametrize(("model", "moves", "source", "target"), EVERY_PAIR)
def test_the_table_alone_says_which_moves_exist(model, moves, source, target):
    row = ROWS[model](source)

    if target in moves[source]:
        change = moved(row, target)

        assert (change.from_status, change.to_status) == (source, target)
        assert row.status == target
    else:
        with pytest.raises(MoveNotAllowed):
            moved(row, target)

        assert row.status == source


@pytest.mark.parametrize(("model", "statuses", "moves"), TABLES)
def test_every_status_can_be_reached_and_every_open_one_left(model, statuses, moves):
    reached, waiting = set(), [""]
    while waiting:
        for target in moves[waiting.pop()] - reached:
            reached.add(target)
            waiting.append(target)

    assert reached == set(statuses)
    assert set(moves) == {"", *statuses}


def test_the_end_is_the_end():
    ends = {status for status, targets in PAYMENT_MOVES.items() if not targets}

    assert ends == {PaymentStatus.SUCCEEDED, PaymentStatus.FAILED, PaymentStatus.CANCELED}
    assert {status for status, targets in ATTEMPT_MOVES.items() if not targets} == {*ATTEMPT_FINAL}
    # The one way out of an end that people were told of: the payer paid after all.
    assert PAYMENT_MOVES[PaymentStatus.EXPIRED] == {PaymentStatus.SUCCEEDED}


def test_what_a_provider_acknowledged_cannot_become_not_sent():
    acknowledged = [AttemptStatus.PENDING, AttemptStatus.REQUIRES_ACTION, AttemptStatus.AUTHORIZED]

    for status in acknowledged:
        assert AttemptStatus.NOT_SENT not in ATTEMPT_MOVES[status]


def test_a_long_reason_is_cut_to_its_column():
    change = moved(ROWS[Payment](""), PaymentStatus.PENDING, detail="x" * 999)

    assert len(change.detail) == 200
