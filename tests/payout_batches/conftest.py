from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from apps.payout_batches.models import PayoutBatch, PayoutBatchLine
from apps.payout_batches.services.check_batch import check_batch
from apps.payout_batches.services.receive_batch import BatchOrder, receive_batch
from tests.factories import MerchantFactory
from tests.fakes import open_account


@pytest.fixture
def merchant(db):
    return MerchantFactory()


@pytest.fixture
def receive(provider, clock, merchant):
    """Keep a file, or lines as the API has them; nothing is read yet."""
    open_account(operations=["disburse"])

    def keep(content: bytes | list[dict[str, Any]], **order: Any) -> PayoutBatch:
        usual = {"currency": "XAF", "source": "file", "created_by": "key:one"}
        if isinstance(content, list):
            usual["source"] = "api"
            content = b"".join(json.dumps(line).encode() + b"\n" for line in content)
        with transaction.atomic():
            return receive_batch(
                merchant=order.pop("merchant", merchant),
                livemode=False,
                order=BatchOrder(**{**usual, **order}),
                content=[content],
                now=clock.now,
            )

    return keep


@pytest.fixture
def read(receive, clock) -> Callable[..., PayoutBatch]:
    """Keep and check."""

    def keep_and_check(content: bytes | list[dict[str, Any]], **order: Any) -> PayoutBatch:
        batch = receive(content, **order)
        check_batch(batch_id=batch.pk, now=clock.now)
        batch.refresh_from_db()
        return batch

    return keep_and_check


def shown(batch: PayoutBatch) -> list[tuple[int, str, int | None]]:
    """Number, status and amount of each line."""
    lines = PayoutBatchLine.objects.filter(batch=batch).order_by("number")
    return list(lines.values_list("number", "status", "amount"))


def codes(batch: PayoutBatch) -> dict[int, list[str]]:
    """What is wrong with each line that is invalid."""
    lines = PayoutBatchLine.objects.filter(batch=batch, status="invalid")
    return {line.number: [problem["code"] for problem in line.problems] for line in lines}


def odd(batch: PayoutBatch) -> dict[int, list[str]]:
    """What is odd about each line."""
    lines = PayoutBatchLine.objects.filter(batch=batch).exclude(warnings=[])
    return {line.number: [one["code"] for one in line.warnings] for line in lines}
