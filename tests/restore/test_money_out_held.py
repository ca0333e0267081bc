"""Money out that is held stands in nobody's way, and is let go once, for all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.core.ttl_cache import clear_all
from apps.orchestration.models import Attempt, DueAttempt, MoneyOutHold
from apps.orchestration.selectors.money_out import money_out
from apps.orchestration.services.claim_attempts import CreatedAttempts
from apps.orchestration.services.release_money_out import (
    MoneyOutNotReleasable,
    release_money_out,
)
from tests.api.conftest import payment_body
from tests.fakes import submit_due
from tests.restore.conftest import GRACE_S

pytestmark = pytest.mark.django_db

# Many times what an account that nothing is known of is sent at once.
HELD = 40


def claim_all(now):
    """As the worker's loop claims, until its source says that there is no more."""
    source, claimed = CreatedAttempts(), []
    while True:
        claimed += source.claim(limit=100, now=now, done=[])
        if not source.has_more():
            return [one.attempt.operation for one in claimed]


def due(now):
    return DueAttempt.objects.filter(is_sent=False, next_check_at__lte=now).count()


def test_payments_are_not_behind_the_payouts_that_are_held(clock, shop, create, restore):
    restore()
    for _ in range(HELD):
        create(amount=100)
    assert shop.post(payment_body()).status_code == 201

    assert claim_all(clock.now) == ["collect"]

    # Nor is each of them looked at again and again.
    assert due(clock.advance(minutes=30)) == 0


def test_what_waited_already_is_not_looked_at_one_by_one(clock, create, restore):
    for _ in range(HELD):
        create(amount=100)

    restore()

    assert due(clock.now) == 0


def test_what_is_claimed_as_it_is_released_is_sent_not_put_off(clock, create, restore):
    restore()
    clock.advance(seconds=GRACE_S)
    assert money_out().is_held
    create()
    release_money_out(actor="operator:ama", reason="compared", now=clock.now)

    # This process has not heard of it yet.
    assert money_out().is_held
    assert submit_due(clock.now) == 1


def test_a_hold_that_comes_back_with_the_backup_counts_from_the_second_restore(
    clock, account, settings, restore
):
    restore()
    clock.advance(days=5)
    restore()

    # It may have been released meanwhile, and much been sent, and forgotten.
    with pytest.raises(MoneyOutNotReleasable):
        release_money_out(actor="operator:ama", reason="compared", now=clock.now)
    kept = settings.IDEMPOTENCY_KEPT_FOR
    assert money_out().collects_asked_first_until == clock.now + kept


def test_a_hold_by_a_clock_that_is_behind_holds_all_the_same(clock, create, restore):
    restore()
    clock.advance(seconds=GRACE_S)
    release_money_out(actor="operator:ama", reason="compared", now=clock.now)
    MoneyOutHold.objects.update(opened_at=clock.now + timedelta(days=1))
    clear_all()
    create()
    restore()

    assert submit_due(clock.now) == 0
    assert Attempt.objects.get(operation="disburse").status == "created"
