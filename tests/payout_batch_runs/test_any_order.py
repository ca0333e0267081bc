"""Whatever people decide and rails do in whatever order: every line ends once, nothing is paid
twice, nothing is forgotten, and the balance bears just what was paid."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.errors import DomainError
from apps.core.ttl_cache import clear_all
from apps.ledger.models import Balance
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payout_batches.selectors.read_digest import read_digest
from apps.payout_batches.services import send_lines
from apps.payout_batches.services.approve_batch import approve_batch
from apps.payout_batches.services.cancel_batch import cancel_batch
from apps.payout_batches.services.pause_batch import pause_batch
from apps.payout_batches.services.reject_batch import reject_batch
from apps.payout_batches.services.resume_batch import resume_batch
from apps.payout_batches.services.run_batch import run_batch
from apps.payout_batches.services.start_batch import start_batch
from apps.payout_batches.services.submit_batch import submit_batch
from apps.payouts.models import Payout
from apps.providers.contract import NotSent, Outcome, OutcomeUnknown
from tests.factories import MerchantFactory, charge
from tests.fakes import FAKE, open_account, raising, submit_due
from tests.payout_batch_runs.conftest import (
    CHECKER,
    MAKER,
    balance,
    fresh,
    give,
    make_batch,
    statuses,
)
from tests.payouts.conftest import BALANCE, OPERATIONS
from tests.tries import examples

pytestmark = pytest.mark.django_db

LINES = [{}, {"amount": 50}, {}, {"status": "invalid"}, {}, {}]
OVER = {"completed", "canceled"}


def ours(kinds):
    """What lies in accounts of these kinds, together."""
    found = Balance.objects.filter(account__kind__in=kinds)
    return sum(found.values_list("amount", flat=True))


# What a payout costs, and with the tax on it.
FEES = {0: 0, 25: 25 + 5}


class World:
    def __init__(self, clock, provider, fee):
        self.clock, self.provider = clock, provider
        clear_all()
        provider.__init__()
        self.merchant = MerchantFactory(created_at=clock.now)
        give(self.merchant, open_account(operations=OPERATIONS))
        self._price(fee)
        self.batch = make_batch(self.merchant, now=clock.now, lines=LINES)
        # Leases that were taken, whoever holds them by now.
        self.leases = []

    def _price(self, fee):
        if fee:
            terms = {"fixed": fee, "tax_basis_points": Decimal(1925)}
            charge(self.merchant, operation="disburse", provider=FAKE, **terms)

    def _act(self, service, **more):
        with suppress(DomainError), transaction.atomic():
            service(batch_id=self.batch.pk, source="api", now=self.clock.now, **more)

    def is_submitted(self):
        self._act(submit_batch, submitted_by=MAKER)

    def is_approved(self):
        digest = read_digest(fresh(self.batch))
        self._act(approve_batch, shown_digest=digest, approved_by=CHECKER)

    def is_approved_by_its_maker(self):
        digest = read_digest(fresh(self.batch))
        self._act(approve_batch, shown_digest=digest, approved_by=MAKER)

    def is_rejected(self):
        self._act(reject_batch, rejected_by=CHECKER, reason="no")

    def is_started(self):
        self._act(start_batch)

    def is_paused(self):
        self._act(pause_batch)

    def is_resumed(self):
        self._act(resume_batch)

    def is_canceled(self):
        self._act(cancel_batch)

    def has_its_turn(self):
        batch = fresh(self.batch)
        if batch.due_at is not None:
            self.leases.append(batch.due_at)
            run_batch(batch_id=batch.pk, leased_until=batch.due_at, now=self.clock.now)

    def has_a_runner_of_before(self):
        for lease in self.leases[:1]:
            run_batch(batch_id=self.batch.pk, leased_until=lease, now=self.clock.now)

    def is_taken(self):
        submit_due(self.clock.now)

    def finds_no_connection(self):
        self.provider.on_disburse = [raising(NotSent("no connection"))]
        submit_due(self.clock.now)

    def is_lost_on_its_way(self):
        self.provider.on_disburse = [raising(OutcomeUnknown("timed out"))]
        submit_due(self.clock.now)

    def has_one_paid(self):
        self._end(Outcome.SUCCEEDED)

    def has_one_unpaid(self):
        self._end(Outcome.FAILED)

    def _end(self, outcome, limit=1):
        pending = [
            one for one, entry in self.provider.book.items() if entry.outcome is Outcome.PENDING
        ]
        for reference in pending[:limit]:
            self.provider.settle(reference, outcome)
        self._ask()

    def _ask(self):
        for payout in Payout.objects.filter(merchant=self.merchant):
            for attempt in payout.attempts.order_by("id"):
                refresh_attempt(attempt_id=attempt.pk, source="poll", now=self.clock.now)

    def waits(self):
        self.clock.advance(minutes=1)

    def come_to_rest(self):
        """It is decided, and every rail answers."""
        self.provider.on_disburse = []
        self.is_submitted()
        self.is_approved()
        self.is_resumed()
        for _ in range(8):
            self.has_its_turn()
            self.is_taken()
            self._end(Outcome.SUCCEEDED, limit=None)
            self.clock.advance(minutes=20)
            self._ask()
        self.has_its_turn()


STEPS = sorted(name for name in vars(World) if not name.startswith("_") and name != "come_to_rest")


@settings(
    max_examples=examples(4),
)
@given(
    steps=st.lists(st.sampled_from(STEPS), max_size=14),
    chunk=st.integers(1, 3),
    fee=st.sampled_from([*FEES]),
)
def test_every_line_ends_once_and_the_balance_bears_what_was_paid_and_its_fees(
    clock, provider, broken_books, monkeypatch, steps, chunk, fee
):
    monkeypatch.setattr(send_lines, "CHUNK", chunk)
    with transaction.atomic():
        world = World(clock, provider, fee)
        for step in steps:
            getattr(world, step)()
        world.come_to_rest()

        batch = fresh(world.batch)
        assert batch.status in OVER
        assert {*statuses(batch)} <= {"succeeded", "failed", "invalid", "canceled"}
        assert statuses(batch)[3] == "invalid"
        paid = [one for one in provider.book.values() if one.outcome is Outcome.SUCCEEDED]
        assert len(paid) == statuses(batch).count("succeeded")
        assert balance(world.merchant) == BALANCE - sum(one.amount + FEES[fee] for one in paid)
        assert ours(["fee_revenue", "tax_payable"]) == FEES[fee] * len(paid)
        assert ours(["merchant_held"]) == 0
        assert broken_books() == {}
        transaction.set_rollback(True)
