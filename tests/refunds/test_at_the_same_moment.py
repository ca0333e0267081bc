"""Replies about payments and refunds of other payments, and new refunds, at the same moment."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection

from apps.orchestration.models import Attempt
from apps.orchestration.rules.judge_reply import ProviderReply
from apps.orchestration.services.apply_replies import apply_replies
from apps.providers.contract import FailureCode, Outcome, ProviderResult
from apps.refunds.models import Refund
from tests.fakes import submit_due

WORKERS = 4
BATCHES = 8
FAILED = ProviderResult(Outcome.FAILED, failure_code=FailureCode.PAYEE_NOT_FOUND)
SUCCEEDED = ProviderResult(Outcome.SUCCEEDED, provider_reference="F1")


def reply(attempt):
    said = FAILED if attempt.owner_type == "refund" else SUCCEEDED
    return ProviderReply.of(attempt, said, "poll")


@pytest.mark.django_db(transaction=True)
def test_payments_and_failing_refunds_of_others_never_deadlock(clock, paid, refund, broken_books):
    chance = random.Random(1)
    payments = [paid() for _ in range(6)]
    for n in range(2 * WORKERS * BATCHES):
        refund(payments[n % len(payments)], 100)
    submit_due(clock.now)
    collected = list(Attempt.objects.filter(owner_type="payment"))
    refunds = list(Attempt.objects.filter(owner_type="refund"))
    chance.shuffle(refunds)
    batches = []
    while refunds:
        batch = [*chance.sample(collected, 2), refunds.pop(), refunds.pop()]
        chance.shuffle(batch)
        batches.append((chance.choice(payments), [reply(attempt) for attempt in batch]))
    together = threading.Barrier(WORKERS)

    def work(mine):
        met = []
        try:
            for payment, replies in mine:
                together.wait(timeout=60)
                try:
                    refund(payment, 100)
                    apply_replies(replies, now=clock.now)
                except OperationalError as error:
                    # 40P01 is a deadlock.
                    met.append(error.__cause__.sqlstate)
            return met
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        met = list(pool.map(work, [batches[n::WORKERS] for n in range(WORKERS)]))

    assert met == [[]] * WORKERS
    assert Refund.objects.filter(status="failed").count() == 2 * WORKERS * BATCHES
    assert Refund.objects.filter(status="pending").count() == WORKERS * BATCHES
    assert broken_books() == {}
