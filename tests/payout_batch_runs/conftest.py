from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from apps.core.bulk_write import bulk_write
from apps.core.public_ids import new_id_at
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payout_batches.models import (
    BatchStatus,
    LineStatus,
    NameCheck,
    PayoutBatch,
    PayoutBatchLine,
)
from apps.payout_batches.rules.contexts import NAME_CONTEXT, PAYEE_CONTEXT, RAIL_NAME_CONTEXT
from apps.payout_batches.rules.name_digest import name_digest
from apps.payout_batches.selectors.describe_batch import describe_batch
from apps.payout_batches.selectors.read_digest import read_digest
from apps.payout_batches.services.approve_batch import approve_batch
from apps.payout_batches.services.pause_batch import pause_batch
from apps.payout_batches.services.run_batch import run_batch
from apps.payout_batches.services.submit_batch import submit_batch
from apps.payout_batches.transitions import move
from apps.payouts.models import Payout
from apps.payouts.rules.payee import PAYEE_INDEX
from apps.providers.contract import Outcome
from apps.vault.blind_index import search_index
from apps.vault.encryption import encrypt
from tests.fakes import submit_due
from tests.payouts.conftest import account, balance, broken_books, give, merchant, provider

__all__ = ["account", "balance", "broken_books", "give", "merchant", "provider"]

MAKER, CHECKER = "key:maker", "key:checker"


def new_line(batch: PayoutBatch, number: int, **fields: Any) -> PayoutBatchLine:
    """A line ready to be paid, unsaved."""
    line = PayoutBatchLine(
        batch=batch,
        **{
            "number": number,
            "status": LineStatus.READY,
            "amount": 1_000,
            "country": "CM",
            "operator": "mtn",
            "merchant_reference": f"wages-{number}",
            "payee_msisdn_masked": "+237 •••••••03",
            **fields,
        },
    )
    msisdn = fields.get("msisdn", f"2376770{number:05}")
    line.payee_msisdn_encrypted = encrypt(msisdn, context=PAYEE_CONTEXT, row_id=line.pk)
    line.payee_msisdn_index = search_index(msisdn, purpose=PAYEE_INDEX)
    return line


def make_batch(
    merchant: Any, *, now: Any, lines: Any = 3, livemode: bool = False, **fields: Any
) -> PayoutBatch:
    """A draft. `lines`: how many, or what is particular of each."""
    batch = PayoutBatch(
        id=new_id_at(now),
        merchant=merchant,
        livemode=livemode,
        currency="XAF",
        source=PayoutBatch.Source.API,
        status="",
        created_by=MAKER,
        created_at=now,
        **fields,
    )
    batch.merchant_reference = batch.merchant_reference or "wages-2026-11"
    each = [{}] * lines if isinstance(lines, int) else lines
    numbers = itertools.count(1)
    PayoutBatch.objects.bulk_create([batch])
    for changes in each:
        fields = {key: value for key, value in changes.items() if key != "msisdn"}
        line = new_line(batch, next(numbers), **fields)
        if "msisdn" in changes:
            line.payee_msisdn_encrypted = encrypt(
                changes["msisdn"], context=PAYEE_CONTEXT, row_id=line.pk
            )
        line.save(force_insert=True)
    moved = [
        *move(describe_batch(batch, now=now), BatchStatus.CHECKING, source="api", now=now).rows,
        *move(batch, BatchStatus.DRAFT, source="worker", now=now).rows,
    ]
    bulk_write(moved, {batch: ("status", "sequence")})
    return batch


# What is done with a batch over the API -> where it may be done.
ACTS = {
    "submit": "draft",
    "approve": "needs_approval",
    "reject": "needs_approval",
    "start": "scheduled",
    "pause": "running",
    "resume": "paused",
    "cancel": "scheduled",
    "retry": "failed",
    "results": "failed",
}


def batch_at(status: str, merchant: Any, *, now: Any, livemode: bool = False) -> PayoutBatch:
    """A batch that others made and submitted, as far as this; "failed": ended, nobody was paid."""
    usual = {"source": "api", "now": now}
    batch = make_batch(merchant, now=now, livemode=livemode, lines=[{"amount": 100}] * 2)
    if status == "draft":
        return batch
    scheduled_at = now + timedelta(hours=1) if status == "scheduled" else None
    batch = submit_batch(batch_id=batch.pk, submitted_by=MAKER, scheduled_at=scheduled_at, **usual)
    if status == "needs_approval":
        return batch
    digest = bytes(batch.digest or b"")
    batch = approve_batch(batch_id=batch.pk, shown_digest=digest, approved_by=CHECKER, **usual)
    if status == "paused":
        pause_batch(batch_id=batch.pk, **usual)
    if status == "failed":
        batch.lines.update(status="failed", failure_code="rail_closed")
        PayoutBatch.objects.filter(pk=batch.pk).update(status="completed", due_at=None)
    return batch


def batch_of_another(merchant: Any, *, now: Any, livemode: bool = False) -> PayoutBatch:
    """A draft of one line, for whose number the rail has another person's name."""
    batch = make_batch(merchant, now=now, livemode=livemode, lines=1)
    line = batch.lines.get()
    line.payee_name_encrypted = encrypt("Awa Ndiaye", context=NAME_CONTEXT, row_id=line.pk)
    line.save(update_fields=["payee_name_encrypted"])
    NameCheck.objects.create(
        line=line,
        batch=batch,
        result="different",
        score=45,
        rail_name_masked="M••• D•••",
        rail_name_encrypted=encrypt("Moussa Diop", context=RAIL_NAME_CONTEXT, row_id=line.pk),
        opened_at=now,
        checked_at=now,
    )
    return batch


@pytest.fixture
def draft(clock, merchant):
    def create(lines: Any = 3, **fields: Any) -> PayoutBatch:
        return make_batch(fields.pop("merchant", merchant), now=clock.now, lines=lines, **fields)

    return create


@pytest.fixture
def submit(clock):
    def submitted(batch: PayoutBatch, **changes: Any) -> PayoutBatch:
        usual = {"submitted_by": MAKER, "source": "api", "now": clock.now}
        return submit_batch(batch_id=batch.pk, **usual | changes)

    return submitted


@pytest.fixture
def approve(clock):
    def approved(batch: PayoutBatch, **changes: Any) -> PayoutBatch:
        usual = {
            "shown_digest": read_digest(fresh(batch)),
            "approved_by": CHECKER,
            "source": "api",
            "now": clock.now,
        }
        return approve_batch(batch_id=batch.pk, **usual | changes)

    return approved


@pytest.fixture
def running(draft, submit, approve):
    """A batch that was approved, and of which nothing is sent yet."""

    def start(lines: Any = 3, **fields: Any) -> PayoutBatch:
        batch = draft(lines, **fields)
        submit(batch)
        return approve(batch)

    return start


@pytest.fixture
def turn(clock):
    """One turn of the runner, whatever the batch waits for."""

    def once(batch: PayoutBatch) -> Any:
        due_at = fresh(batch).due_at
        if due_at is None:
            return None
        return run_batch(batch_id=batch.pk, leased_until=due_at, now=clock.now)

    return once


@pytest.fixture
def pay_all(clock, provider):
    """The provider takes what waits and settles it, and is asked how it ended."""

    def settle(outcome: Outcome = Outcome.SUCCEEDED, *, limit: int | None = None) -> None:
        submit_due(clock.now)
        open_ones = [ref for ref, one in provider.book.items() if one.outcome is Outcome.PENDING]
        for reference in open_ones[:limit]:
            provider.settle(reference, outcome)
        for payout in Payout.objects.exclude(status__in=["succeeded", "failed"]):
            for attempt in payout.attempts.exclude(status__in=["not_sent", "created"]):
                refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.now)

    return settle


def fresh(batch: PayoutBatch) -> PayoutBatch:
    return PayoutBatch.objects.get(pk=batch.pk)


def statuses(batch: PayoutBatch) -> list[str]:
    return list(batch.lines.order_by("number").values_list("status", flat=True))


def digest_of(batch: PayoutBatch, number: int = 1) -> bytes:
    """Of the check of a line's name as it is now; b"" where there is none."""
    line = batch.lines.select_related("name_check").filter(number=number).first()
    check = getattr(line, "name_check", None)
    return name_digest(line, check) if line is not None and check is not None else b""
