"""A batch from its draft to its end: held, approved by another, sent once, and told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.core.ttl_cache import clear_all
from apps.ledger.models import Balance, Transfer
from apps.ledger.services.hold import BalanceTooLow
from apps.merchants.models import Merchant
from apps.merchants.selectors.refuse_disabled import MerchantDisabled
from apps.orchestration.services.book_as_sent import book_as_sent
from apps.payout_batches.models import NameCheck, PayoutBatch, PayoutBatchLine
from apps.payout_batches.rules.refusals import (
    NothingToRetry,
    PayoutBatchAlreadySent,
    PayoutBatchApprovalByMaker,
    PayoutBatchChanged,
    PayoutBatchEmpty,
    PayoutBatchNotApproved,
    PayoutBatchNotEnded,
    PayoutBatchNotPaused,
    PayoutBatchNotRunning,
    PayoutBatchNotWaiting,
    PayoutBatchRetried,
    ScheduledAtPast,
    ScheduledAtTooFar,
)
from apps.payout_batches.selectors.lock_draft import BatchNotDraft
from apps.payout_batches.services import send_lines
from apps.payout_batches.services.cancel_batch import cancel_batch
from apps.payout_batches.services.correct_line import correct_line
from apps.payout_batches.services.follow_late_success import follow_late_success
from apps.payout_batches.services.pause_batch import pause_batch
from apps.payout_batches.services.reject_batch import reject_batch
from apps.payout_batches.services.resume_batch import resume_batch
from apps.payout_batches.services.retry_failed import retry_failed
from apps.payout_batches.services.run_batch import LOOK_AGAIN, NEXT_ENDS, run_batch
from apps.payout_batches.services.start_batch import start_batch
from apps.payouts.models import Payout
from apps.providers.contract import FailureCode, Outcome, ProviderResult
from apps.providers.models import ProviderAccount
from apps.webhooks.models import Event
from tests.payout_batch_runs.conftest import CHECKER, MAKER, fresh, statuses
from tests.payouts.conftest import BALANCE, balance
from tests.payouts.test_settle_payout import PEOPLE

pytestmark = pytest.mark.django_db


def held(merchant):
    rows = Balance.objects.filter(account__owner_id=merchant.pk, account__kind="merchant_held")
    return sum(row.amount for row in rows)


def told(batch):
    events = Event.objects.filter(object_id=batch.pk).order_by("sequence")
    return [event.type.removeprefix("payout_batch.") for event in events]


def booked(batch):
    transfers = Transfer.objects.filter(source_id=batch.pk).order_by("id")
    return [(transfer.kind, transfer.amount) for transfer in transfers]


def act(service, batch, clock, **more):
    return service(batch_id=batch.pk, source="api", now=clock.now, **more)


def test_a_batch_is_held_approved_by_another_sent_and_completed(
    clock, merchant, draft, submit, approve, turn, pay_all, broken_books
):
    batch = draft()
    submit(batch)
    assert (balance(merchant), held(merchant)) == (BALANCE - 3_000, 3_000)
    assert (fresh(batch).status, Payout.objects.count()) == ("needs_approval", 0)
    assert broken_books() == {}

    approve(batch)
    turn(batch)

    assert statuses(batch) == ["sent"] * 3
    assert held(merchant) == 3_000
    assert broken_books() == {}

    pay_all()
    assert turn(batch) is None

    assert (fresh(batch).status, statuses(batch)) == ("completed", ["succeeded"] * 3)
    assert (balance(merchant), held(merchant)) == (BALANCE - 3_000, 0)
    assert booked(batch) == [("batch_held", 3_000), ("batch_released", 3_000)]
    assert told(batch) == ["created", "draft", "needs_approval", "running", "completed"]
    payout = Payout.objects.order_by("id").first()
    assert payout.metadata == {"payout_batch": batch.public_id, "line": "1"}
    assert (fresh(batch).submitted_by, fresh(batch).approved_by) == (MAKER, CHECKER)
    assert broken_books() == {}


def test_a_batch_above_the_balance_is_refused_and_nothing_is_held(merchant, draft, submit):
    batch = draft([{"amount": BALANCE}, {"amount": 1_000}])

    with pytest.raises(BalanceTooLow):
        submit(batch)

    assert (fresh(batch).status, balance(merchant), held(merchant)) == ("draft", BALANCE, 0)


def test_lines_that_are_invalid_or_dropped_are_not_paid(merchant, draft, running, turn):
    batch = running([{}, {"status": "invalid"}, {"status": "dropped"}])
    turn(batch)

    assert statuses(batch) == ["sent", "invalid", "dropped"]
    assert held(merchant) == 1_000


def test_a_batch_without_a_payable_line_or_not_a_draft_is_not_submitted(draft, submit, clock):
    with pytest.raises(PayoutBatchEmpty):
        submit(draft([{"status": "invalid"}]))
    batch = draft()
    with pytest.raises(ScheduledAtPast):
        submit(batch, scheduled_at=clock.now)
    with pytest.raises(ScheduledAtTooFar):
        submit(batch, scheduled_at=clock.now + timedelta(days=367))
    submit(batch)
    with pytest.raises(BatchNotDraft):
        submit(batch)


def test_the_maker_never_approves_and_a_changed_batch_is_not_approved(
    draft, submit, approve, clock
):
    batch = draft()
    with pytest.raises(PayoutBatchNotWaiting):
        approve(batch)
    with pytest.raises(PayoutBatchNotApproved):
        act(start_batch, batch, clock)
    submit(batch, submitted_by="key:another")
    with pytest.raises(PayoutBatchApprovalByMaker):
        approve(batch, approved_by=MAKER)
    with pytest.raises(PayoutBatchApprovalByMaker):
        approve(batch, approved_by="key:another")
    with pytest.raises(PayoutBatchApprovalByMaker):
        approve(batch, approved_by="key:successor", names=["key:another"])
    with pytest.raises(PayoutBatchChanged):
        approve(batch, shown_digest=b"\0" * 32)
    with pytest.raises(PayoutBatchNotApproved):
        act(start_batch, batch, clock)
    # Whoever could write to the database changed a line meanwhile.
    batch.lines.filter(number=1).update(amount=999)
    with pytest.raises(PayoutBatchChanged):
        approve(batch)
    assert fresh(batch).status == "needs_approval"


def test_nobody_approves_a_batch_of_which_she_wrote_a_line(
    draft, submit, approve, clock, broken_books
):
    batch = draft(2)
    hers = {"phone": "677000044"}
    correct_line(
        batch_id=batch.pk, number=2, cells=hers, corrected_by=CHECKER, actor=CHECKER, now=clock.now
    )
    submit(batch)

    with pytest.raises(PayoutBatchApprovalByMaker):
        approve(batch, approved_by=CHECKER)
    with pytest.raises(PayoutBatchApprovalByMaker):
        approve(batch, approved_by="key:successor", names=[CHECKER])

    approve(batch, approved_by="key:third")
    assert fresh(batch).status == "running" and broken_books() == {}


def test_who_corrected_what_is_not_paid_approves_the_rest(draft, submit, approve, clock):
    batch = draft(2)
    correct_line(
        batch_id=batch.pk,
        number=2,
        cells={"phone": "nobody"},
        corrected_by=CHECKER,
        actor=CHECKER,
        now=clock.now,
    )
    submit(batch)
    approve(batch, approved_by=CHECKER)

    assert fresh(batch).status == "running"


def test_no_sql_makes_corrector_and_checker_one(draft, submit, approve, clock):
    batch = draft(2)
    row = PayoutBatch.objects.filter(pk=batch.pk)
    line = batch.lines.filter(number=2)
    submit(batch)

    # Of the release before, and of this one; who made it has not submitted it.
    line.update(correctors=["key:two", CHECKER])
    row.update(submitted_by="key:two")
    for by in (CHECKER, MAKER):
        with pytest.raises(IntegrityError, match="made or corrected"), transaction.atomic():
            row.update(approved_by=by)
    line.update(correctors=[])
    NameCheck.objects.create(
        line=line.get(),
        batch=batch,
        result="not_checked",
        opened_at=clock.now,
        corrected_by=CHECKER,
    )
    with pytest.raises(IntegrityError, match="made or corrected"), transaction.atomic():
        row.update(approved_by=CHECKER)
    row.update(approved_by="key:third")
    with pytest.raises(IntegrityError, match="she approved"), transaction.atomic():
        line.update(correctors=["key:third"])
    # What is not paid is nobody's.
    line.update(status="dropped", correctors=["key:third"])


def test_no_sql_makes_maker_and_checker_one_or_starts_what_nobody_approved(draft, submit, clock):
    batch = draft()
    submit(batch)
    rows = PayoutBatch.objects.filter(pk=batch.pk)
    ways = [
        {"approved_by": MAKER},
        {"approved_by": MAKER, "approved_at": clock.now, "status": "running"},
        {"status": "running"},
        {"status": "scheduled", "due_at": clock.now},
        {"status": "paused"},
        {"status": "completed"},
        {"submitted_by": "", "approved_by": CHECKER},
        {"submitted_by": CHECKER, "approved_by": CHECKER, "status": "running"},
    ]
    for tried in range(500):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**ways[tried % len(ways)])
    assert fresh(batch).status == "needs_approval"


def test_a_rejected_batch_is_a_draft_again_with_its_hold_returned_and_can_be_submitted_anew(
    clock, merchant, draft, submit, approve, broken_books
):
    batch = draft()
    submit(batch)
    # A number is longer once it is hidden.
    reason = "Line 2: ask 677000003 ".ljust(300, "x")
    act(reject_batch, batch, clock, rejected_by=CHECKER, reason=reason)

    assert (fresh(batch).status, balance(merchant), held(merchant)) == ("draft", BALANCE, 0)
    assert "677000003" not in fresh(batch).rejection_reason
    with pytest.raises(PayoutBatchNotWaiting):
        act(reject_batch, batch, clock, rejected_by=CHECKER, reason="")
    submit(batch)
    approve(batch)

    kinds = [kind for kind, _ in booked(batch)]
    assert kinds == ["batch_held", "batch_returned", "batch_held"]
    assert fresh(batch).rejection_reason == ""
    assert broken_books() == {}


def test_a_batch_nobody_approves_in_a_day_is_a_draft_again(
    clock, merchant, draft, submit, approve, turn, broken_books
):
    batch = draft()
    submit(batch)
    clock.advance(hours=24)
    with pytest.raises(PayoutBatchNotWaiting):
        approve(batch)
    turn(batch)

    assert (fresh(batch).status, balance(merchant), held(merchant)) == ("draft", BALANCE, 0)
    assert told(batch)[-1] == "rejected"
    assert broken_books() == {}


def test_a_scheduled_batch_is_sent_at_its_time_or_when_it_is_started(
    clock, draft, submit, approve, turn, pay_all, broken_books
):
    later = clock.now + timedelta(hours=2)
    batch, another = draft(1), draft(1)
    for one in (batch, another):
        submit(one, scheduled_at=later)
        approve(one)
    assert (fresh(batch).status, fresh(batch).due_at) == ("scheduled", later)
    assert Payout.objects.count() == 0
    assert broken_books() == {}

    act(start_batch, another, clock)
    turn(another)
    assert (statuses(batch), statuses(another)) == (["ready"], ["sent"])
    pay_all()

    turn(another)
    clock.advance(hours=2)
    turn(batch)
    turn(batch)
    assert (fresh(batch).status, statuses(batch)) == ("running", ["sent"])
    assert broken_books() == {}


def test_a_paused_batch_sends_nothing_and_its_ends_are_still_seen(
    clock, running, turn, pay_all, monkeypatch, broken_books
):
    monkeypatch.setattr(send_lines, "CHUNK", 1)
    batch = running(3)
    turn(batch)
    act(pause_batch, batch, clock)
    with pytest.raises(PayoutBatchNotRunning):
        act(pause_batch, batch, clock)

    assert turn(batch) == NEXT_ENDS
    pay_all()
    assert turn(batch) is None
    assert (statuses(batch), fresh(batch).due_at) == (["succeeded", "ready", "ready"], None)
    assert broken_books() == {}

    act(resume_batch, batch, clock)
    with pytest.raises(PayoutBatchNotPaused):
        act(resume_batch, batch, clock)
    for _ in range(2):
        turn(batch)
    pay_all()
    turn(batch)
    assert (fresh(batch).status, statuses(batch)) == ("completed", ["succeeded"] * 3)
    assert "paused" in told(batch)
    assert told(batch)[-2:] == ["resumed", "completed"]


def test_a_batch_of_a_merchant_disabled_meanwhile_sends_nothing_more(
    clock, merchant, running, turn, pay_all, monkeypatch, broken_books
):
    monkeypatch.setattr(send_lines, "CHUNK", 1)
    batch = running(3)
    turn(batch)
    Merchant.objects.update(is_active=False)

    assert turn(batch) == NEXT_ENDS
    assert (fresh(batch).status, statuses(batch)) == ("paused", ["sent", "ready", "ready"])
    pay_all()
    assert turn(batch) is None
    assert (statuses(batch), told(batch)[-1]) == (["succeeded", "ready", "ready"], "paused")
    with pytest.raises(MerchantDisabled):
        act(resume_batch, batch, clock)

    Merchant.objects.update(is_active=True)
    act(resume_batch, batch, clock)
    for _ in range(2):
        turn(batch)
    pay_all()
    turn(batch)
    assert (fresh(batch).status, statuses(batch)) == ("completed", ["succeeded"] * 3)
    assert broken_books() == {}


def test_a_batch_of_a_disabled_merchant_is_not_approved_and_a_scheduled_one_stops_at_its_time(
    clock, merchant, draft, submit, approve, turn, broken_books
):
    waiting, scheduled = draft(1), draft(1)
    submit(waiting)
    submit(scheduled, scheduled_at=clock.now + timedelta(hours=2))
    approve(scheduled)
    Merchant.objects.update(is_active=False)

    with pytest.raises(MerchantDisabled):
        approve(waiting)
    clock.advance(hours=2)
    for _ in range(2):
        turn(scheduled)

    assert fresh(waiting).status == "needs_approval"
    assert (fresh(scheduled).status, statuses(scheduled)) == ("paused", ["ready"])
    assert Payout.objects.count() == 0 and broken_books() == {}


def test_what_is_canceled_is_not_sent_and_its_amount_is_the_merchants_again(
    clock, merchant, running, turn, pay_all, monkeypatch, broken_books
):
    monkeypatch.setattr(send_lines, "CHUNK", 1)
    batch = running(3)
    turn(batch)
    act(cancel_batch, batch, clock)

    assert (fresh(batch).status, statuses(batch)) == ("canceling", ["sent"] + ["canceled"] * 2)
    assert (balance(merchant), held(merchant)) == (BALANCE - 1_000, 1_000)
    assert broken_books() == {}
    with pytest.raises(PayoutBatchAlreadySent):
        act(cancel_batch, batch, clock)
    pay_all()
    turn(batch)
    assert (fresh(batch).status, fresh(batch).completed_at) == ("canceled", clock.now)
    assert broken_books() == {}


def test_after_everything_was_sent_nothing_can_be_canceled(clock, running, turn, broken_books):
    batch = running(2)
    turn(batch)
    with pytest.raises(PayoutBatchAlreadySent):
        act(cancel_batch, batch, clock)
    assert fresh(batch).status == "running"


@pytest.mark.parametrize("stage", ["draft", "submitted", "scheduled"])
def test_a_batch_of_which_nothing_was_sent_is_canceled_at_once(
    clock, merchant, draft, submit, approve, broken_books, stage
):
    batch = draft(2)
    if stage != "draft":
        later = clock.now + timedelta(hours=1) if stage == "scheduled" else None
        submit(batch, scheduled_at=later)
    if stage == "scheduled":
        approve(batch)

    act(cancel_batch, batch, clock)

    assert (fresh(batch).status, statuses(batch)) == ("canceled", ["canceled"] * 2)
    assert (balance(merchant), held(merchant)) == (BALANCE, 0)
    assert broken_books() == {}


def test_a_line_that_routing_refuses_fails_with_its_code_and_the_others_go_on(
    clock, merchant, running, turn, pay_all, broken_books
):
    batch = running([{}, {"amount": 50}, {"operator": "orange"}, {"msisdn": "23767"}])
    PayoutBatchLine.objects.filter(batch=batch, number=4).update(payee_msisdn_encrypted=b"\1no")
    turn(batch)

    lines = batch.lines.order_by("number").values_list("status", "failure_code")
    assert list(lines) == [
        ("sent", ""),
        ("failed", "amount_out_of_range"),
        ("failed", "no_rail"),
        ("failed", "line_unreadable"),
    ]
    assert (balance(merchant), held(merchant)) == (BALANCE - 1_000, 1_000)
    assert broken_books() == {}
    pay_all()
    turn(batch)
    assert fresh(batch).status == "completed"
    assert broken_books() == {}


def test_a_rail_takes_no_more_than_its_window_and_hides_no_other(
    clock, running, turn, monkeypatch, broken_books
):
    monkeypatch.setattr(send_lines, "WAITING_MAX", 2)
    batch = running(5)

    assert turn(batch) == LOOK_AGAIN
    assert statuses(batch) == ["sent"] * 2 + ["ready"] * 3
    assert turn(batch) == LOOK_AGAIN
    assert statuses(batch) == ["sent"] * 2 + ["ready"] * 3
    assert broken_books() == {}


def test_a_batch_has_only_so_many_payouts_under_way(clock, running, turn, pay_all, monkeypatch):
    monkeypatch.setattr(send_lines, "UNDER_WAY_MAX", 2)
    batch = running(3)
    turn(batch)
    turn(batch)
    assert statuses(batch) == ["sent", "sent", "ready"]
    pay_all()
    turn(batch)
    assert statuses(batch) == ["succeeded", "succeeded", "sent"]


def test_a_runner_whose_lease_is_anothers_does_nothing(clock, running, turn):
    batch = running(1)
    leased = clock.now + timedelta(seconds=1)
    assert run_batch(batch_id=batch.pk, leased_until=leased, now=clock.now) is None
    assert statuses(batch) == ["ready"]


def test_a_payout_that_was_sent_after_all_makes_its_line_true(
    clock, running, turn, pay_all, merchant, broken_books
):
    batch = running(1)
    turn(batch)
    pay_all(Outcome.FAILED)
    turn(batch)
    line = batch.lines.get()
    assert (line.status, fresh(batch).status) == ("failed", "completed")
    attempt = Payout.objects.get().attempts.get()
    book_as_sent(attempt_id=attempt.pk, amount=1_000, now=clock.now, **PEOPLE)

    for _ in range(2):
        follow_late_success(line.payout_id)

    line.refresh_from_db()
    assert (line.status, line.failure_code) == ("succeeded", "")
    assert broken_books() == {}


def test_only_what_may_heal_is_sent_again_once_in_a_linked_draft(
    clock, merchant, provider, running, turn, pay_all, submit, approve, broken_books, monkeypatch
):
    batch = running([{}, {}, {"amount": 50}])
    with pytest.raises(PayoutBatchNotEnded):
        act(retry_failed, batch, clock, created_by=MAKER)
    codes = [FailureCode.PAYEE_NOT_FOUND, FailureCode.PROVIDER_UNAVAILABLE]
    provider.on_disburse = [
        lambda request, code=code: ProviderResult(Outcome.FAILED, failure_code=code)
        for code in codes
    ]
    turn(batch)
    pay_all()
    turn(batch)
    failed = dict(batch.lines.values_list("failure_code", "number"))
    assert set(failed) == {"amount_out_of_range", *codes}

    retry = act(retry_failed, batch, clock, created_by=MAKER)

    assert (retry.retry_of_id, retry.status, told(retry)) == (batch.pk, "draft", ["created"])
    line = retry.lines.get()
    assert (line.number, line.status) == (failed["provider_unavailable"], "ready")
    with pytest.raises(PayoutBatchRetried):
        act(retry_failed, batch, clock, created_by=MAKER)
    submit(retry)
    approve(retry)
    turn(retry)
    pay_all()
    turn(retry)
    assert (fresh(retry).status, statuses(retry)) == ("completed", ["succeeded"])
    with pytest.raises(NothingToRetry):
        act(retry_failed, retry, clock, created_by=MAKER)
    assert broken_books() == {}


def test_a_closed_rail_fails_its_lines_which_may_be_sent_again(
    clock, account, running, turn, broken_books
):
    batch = running(1)
    ProviderAccount.objects.filter(pk=account.pk).update(is_active=False)
    # The accounts were read a moment ago.
    clear_all()
    turn(batch)
    assert batch.lines.get().status == "failed"
