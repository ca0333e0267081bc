"""Whoever touches one payment at the same moment: both come to their end, and the books hold."""

import contextlib
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from apps.orchestration.models import Attempt
from apps.orchestration.rules.judge_reply import ProviderReply
from apps.orchestration.services.apply_replies import apply_replies
from apps.payments.services.cancel_payment import (
    PaymentAlreadyFinal,
    PaymentNotCancelable,
    cancel_payment,
)
from apps.payments.services.expire_payment import expire_payment
from apps.providers.contract import NotSent, Outcome, ProviderResult
from tests.fakes import claim_due


def cancel(payments, now):
    for payment in payments:
        with contextlib.suppress(PaymentAlreadyFinal, PaymentNotCancelable):
            cancel_payment(payment_id=payment.pk, now=now)


def expire(payments, now):
    for payment in reversed(payments):
        expire_payment(payment_id=payment.pk, now=now)


def claim(payments, now):
    claim_due(now)


def paid(attempt):
    reference = f"F{attempt.reference.int % 10**8}"
    return ProviderResult(
        Outcome.SUCCEEDED,
        provider_reference=reference,
        raw={"financialTransactionId": reference},
    )


def not_sent(attempt):
    return NotSent("no")


def apply(answer):
    def act(payments, now):
        ids = [payment.pk for payment in payments]
        attempts = Attempt.objects.filter(owner_id__in=ids).exclude(status="created")
        # In the order of neither owners nor attempts.
        replies = [
            ProviderReply.of(attempt, answer(attempt), "poll", is_submission=True)
            for attempt in attempts.order_by("reference")
        ]
        if replies:
            apply_replies(replies, now=now)

    act.__name__ = f"apply {answer.__name__}"
    return act


ACTIONS = [cancel, expire, claim, apply(paid), apply(not_sent)]
PAIRS = list(itertools.combinations_with_replacement(ACTIONS, 2))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "pair", PAIRS, ids=[" and ".join(one.__name__ for one in pair) for pair in PAIRS]
)
@pytest.mark.parametrize("is_sent", [False, True], ids=["created", "sent"])
def test_two_at_the_same_moment_both_end_and_the_books_hold(
    clock, account, provider, create, broken_books, pair, is_sent
):
    payments = [create() for _ in range(4)]
    if is_sent:
        claim_due(clock.now)
    # All are due to expire.
    clock.now = max(payment.expires_at for payment in payments)
    Attempt.objects.update(next_check_at=clock.now)
    together = threading.Barrier(2)

    def run(act):
        together.wait(timeout=30)
        try:
            act(payments, clock.now)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(run, act) for act in pair]:
            done.result(timeout=60)

    assert broken_books() == {}
