"""What failed is sent again: once, and only what nobody was paid meanwhile."""

from __future__ import annotations

import pytest

from apps.orchestration.models import StatusChange
from apps.orchestration.services.book_as_sent import book_as_sent
from apps.payout_batches.rules.refusals import NothingToRetry
from apps.payout_batches.services import send_lines
from apps.payout_batches.services.cancel_batch import cancel_batch
from apps.payout_batches.services.follow_late_success import follow_late_success
from apps.payout_batches.services.retry_failed import retry_failed
from apps.payouts.models import Payout
from apps.providers.contract import Outcome
from tests.payout_batch_runs.conftest import MAKER, fresh, statuses
from tests.payouts.conftest import BALANCE, balance
from tests.payouts.test_settle_payout import PEOPLE

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed(running, turn, pay_all):
    """A batch that ended, and nobody of it was paid."""

    def run(lines=3):
        batch = running(lines)
        turn(batch)
        pay_all(Outcome.FAILED)
        turn(batch)
        assert set(statuses(batch)) == {"failed"}
        return batch

    return run


@pytest.fixture
def retry(clock):
    def again(batch):
        return retry_failed(
            batch_id=batch.pk, created_by=MAKER, source=StatusChange.Source.API, now=clock.now
        )

    return again


def numbers(batch):
    return list(batch.lines.order_by("number").values_list("number", flat=True))


def test_a_retry_that_was_canceled_half_way_leaves_only_what_it_did_not_send(
    clock, merchant, failed, retry, submit, approve, turn, pay_all, monkeypatch, broken_books
):
    batch = failed()
    first = retry(batch)
    submit(first)
    approve(first)
    monkeypatch.setattr(send_lines, "CHUNK", 1)
    turn(first)
    cancel_batch(batch_id=first.pk, source="api", now=clock.now)
    pay_all()
    turn(first)
    assert (fresh(first).status, statuses(first)) == (
        "canceled",
        ["succeeded", "canceled", "canceled"],
    )

    second = retry(batch)

    assert numbers(second) == [2, 3]
    assert balance(merchant) == BALANCE - 1_000
    assert broken_books() == {}


def test_a_long_retry_has_each_line_that_failed_once(failed, retry, monkeypatch):
    monkeypatch.setattr("apps.payout_batches.services.retry_failed.CHUNK", 2)
    batch = failed(5)

    again = retry(batch)

    assert numbers(again) == [1, 2, 3, 4, 5]
    assert again.line_sums["ready"]["count"] == 5


def test_what_failed_again_is_sent_again_from_one_batch_alone(
    clock, failed, retry, submit, approve, turn, pay_all
):
    batch = failed(1)
    first = retry(batch)
    submit(first)
    approve(first)
    turn(first)
    cancelled = first.lines.get()
    pay_all(Outcome.FAILED)
    turn(first)
    # As if it had been canceled while its last payout was under way.
    type(first).objects.filter(pk=first.pk).update(status="canceled")
    assert statuses(first) == ["failed"]

    assert numbers(retry(first)) == [cancelled.number]
    with pytest.raises(NothingToRetry):
        retry(batch)


@pytest.mark.parametrize("is_heard_of", [True, False])
def test_a_payee_who_was_paid_after_all_is_not_paid_by_the_retry(
    clock, merchant, failed, retry, submit, approve, turn, pay_all, broken_books, is_heard_of
):
    batch = failed(2)
    again = retry(batch)
    submit(again)
    approve(again)
    late = batch.lines.get(number=1)
    attempt = Payout.objects.get(pk=late.payout_id).attempts.get()
    book_as_sent(attempt_id=attempt.pk, amount=1_000, now=clock.now, **PEOPLE)
    if is_heard_of:
        follow_late_success(late.payout_id)

    turn(again)
    pay_all()
    turn(again)

    lines = again.lines.order_by("number").values_list("status", "failure_code")
    assert list(lines) == [("failed", "paid_meanwhile"), ("succeeded", "")]
    assert fresh(again).status == "completed"
    assert balance(merchant) == BALANCE - 2_000
    assert broken_books() == {}


def test_a_retry_warns_of_a_payee_whom_another_batch_pays_meanwhile(
    clock, failed, retry, draft, submit
):
    batch = failed(1)
    other = draft(1)
    submit(other)

    line = retry(batch).lines.get()

    assert [one["code"] for one in line.warnings] == ["paid_lately"]
