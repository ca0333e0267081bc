"""Whatever happens to a payout in whatever order: one transfer at most, and clean books."""

from collections import Counter
from contextlib import suppress
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.errors import DomainError
from apps.core.models import OutboxMessage
from apps.core.money import Money
from apps.core.ttl_cache import clear_all
from apps.core.work import outbox
from apps.ledger.models import Transfer
from apps.orchestration.models import ATTEMPT_FINAL
from apps.orchestration.services.apply_replies import apply_reply
from apps.orchestration.services.book_as_sent import book_as_sent
from apps.orchestration.services.close_unresolved import close_unresolved
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payouts.services.create_payout import PayoutRequest, create_payout
from apps.payouts.services.settle_payouts import SUCCEEDED_LATE
from apps.providers.contract import (
    NotSent,
    Outcome,
    OutcomeUnknown,
    PayeeCheck,
    PayeeStatus,
    ProviderBusy,
    ProviderResult,
)
from apps.reconciliation.tasks import open_contradiction
from tests.factories import MerchantFactory, charge
from tests.fakes import claim_due, open_account, raising, submit_due
from tests.payouts.conftest import BALANCE, OPERATIONS, balance, booked, fresh, give
from tests.payouts.test_settle_payout import PEOPLE
from tests.tries import examples

pytestmark = pytest.mark.django_db

ENDS = {
    "succeeded": ["payout_held", "payout_sent"],
    "failed": ["payout_held", "payout_returned"],
}

LATE = ["payout_held", "payout_returned", "payout_held", "payout_sent"]
# What a plan takes of a payout -> what it comes to, with the tax on it.
FEES = {0: 0, 25: 25 + 5}


def moved(payout):
    """Kinds of the transfers of its amount, in the order of their ids."""
    return [kind for kind in booked(payout) if "_fee" not in kind and "_tax" not in kind]


def charged(payout):
    """What the ledger has of its fee and the tax on it: held less returned, and ours."""
    sums = Counter()
    for kind, amount in Transfer.objects.filter(source_id=payout.pk).values_list("kind", "amount"):
        if "_fee" in kind or "_tax" in kind:
            sums[kind.rpartition("_")[2]] += amount
    return sums["held"] - sums["back"], sums["fee"] + sums["tax"]


class World:
    def __init__(self, clock, provider, fee):
        self.clock, self.provider = clock, provider
        clear_all()
        provider.__init__()
        self.merchant = MerchantFactory(created_at=clock.now)
        give(self.merchant, open_account(operations=OPERATIONS))
        if fee:
            charge(self.merchant, operation="disburse", fixed=fee, tax_basis_points=Decimal(1925))
        self.payout = create_payout(
            merchant=self.merchant,
            livemode=False,
            request=PayoutRequest(money=Money(1_000, "XAF"), phone="677000003"),
            now=clock.now,
        )
        if fee:
            # What was promised is charged, whatever the plan is by then.
            charge(self.merchant, operation="disburse", fixed=999)

    def _take_and_say(self, error):
        def answer(request):
            self.provider.accept_payout(request)
            raise error

        return answer

    def is_taken(self):
        submit_due(self.clock.now)

    def is_taken_and_the_answer_lost(self):
        self.provider.on_disburse = [self._take_and_say(OutcomeUnknown("HTTP 500"))]
        submit_due(self.clock.now)

    def is_taken_and_called_busy(self):
        self.provider.on_disburse = [self._take_and_say(ProviderBusy("HTTP 503"))]
        submit_due(self.clock.now)

    def is_lost_on_its_way(self):
        self.provider.on_disburse = [raising(OutcomeUnknown("timed out"))]
        submit_due(self.clock.now)

    def finds_no_connection(self):
        self.provider.on_disburse = [raising(NotSent("no connection"))]
        submit_due(self.clock.now)

    def is_not_known_to_have_a_wallet(self):
        self.provider.on_check = [lambda request: PayeeCheck(PayeeStatus.UNKNOWN)]
        submit_due(self.clock.now)

    def is_said_to_have_no_wallet(self):
        self.provider.on_check = [lambda request: PayeeCheck(PayeeStatus.NOT_FOUND)]
        submit_due(self.clock.now)

    def dies_with_its_worker_before_the_call(self):
        claim_due(self.clock.now)

    def ends_paid(self):
        self._end(Outcome.SUCCEEDED)

    def ends_unpaid(self):
        self._end(Outcome.FAILED)

    def _end(self, outcome):
        for reference, entry in self.provider.book.items():
            if entry.outcome is Outcome.PENDING:
                self.provider.settle(reference, outcome)

    def is_asked_about(self):
        for attempt in self.payout.attempts.order_by("id"):
            refresh_attempt(attempt_id=attempt.pk, source="poll", now=self.clock.now)

    def waits_a_little(self):
        self.clock.advance(seconds=15)

    def waits_long(self):
        self.clock.advance(minutes=20)

    def come_to_rest(self):
        """Nothing is lost any more, and everything is asked."""
        self.provider.on_disburse, self.provider.on_check = [], []
        for _ in range(6):
            self.is_asked_about()
            self.waits_long()
            submit_due(self.clock.now)
            self._end(Outcome.SUCCEEDED)
            self.is_asked_about()


STEPS = [name for name in vars(World) if not name.startswith("_") and name != "come_to_rest"]


@settings(
    max_examples=examples(3),
)
@given(steps=st.lists(st.sampled_from(STEPS), max_size=10), fee=st.sampled_from([*FEES]))
def test_one_transfer_at_most_and_the_hold_ends_once(clock, checking, broken_books, steps, fee):
    with transaction.atomic():
        world = World(clock, checking, fee)
        for step in steps:
            getattr(world, step)()
            assert len(checking.paid) <= 1
        world.come_to_rest()

        payout = fresh(world.payout)
        was_paid = len(checking.paid)
        assert moved(payout) == ENDS[payout.status]
        assert was_paid == (payout.status == "succeeded")
        assert charged(payout) == (FEES[fee] * was_paid, FEES[fee] * was_paid)
        assert balance(world.merchant) == BALANCE - (1_000 + FEES[fee]) * was_paid
        assert not payout.attempts.exclude(status__in=ATTEMPT_FINAL).exists()
        assert broken_books() == {}
        transaction.set_rollback(True)


class TwoWorlds(World):
    """What the provider says is not what it does, and people decide what nobody else can."""

    def is_paid_and_called_failed(self):
        self.is_taken()
        self._end(Outcome.SUCCEEDED)
        attempt = self.payout.attempts.latest("id")
        if attempt.status != "created":
            said = ProviderResult(Outcome.FAILED)
            apply_reply(attempt_id=attempt.pk, answer=said, source="poll", now=self.clock.now)

    def is_paid_and_called_not_sent(self):
        self.provider.on_disburse = [self._take_and_say(NotSent("no connection"))]
        submit_due(self.clock.now)
        self._end(Outcome.SUCCEEDED)

    def is_closed_by_people(self):
        for attempt in self.payout.attempts.order_by("id"):
            with suppress(DomainError):
                close_unresolved(attempt_id=attempt.pk, now=self.clock.now, **PEOPLE)

    def is_booked_by_people(self):
        paid = {
            reference
            for reference, entry in self.provider.book.items()
            if entry.outcome is Outcome.SUCCEEDED
        }
        for attempt in self.payout.attempts.filter(reference__in=paid).order_by("id"):
            with suppress(DomainError):
                book_as_sent(attempt_id=attempt.pk, amount=1_000, now=self.clock.now, **PEOPLE)

    def come_to_rest(self):
        super().come_to_rest()
        self.is_booked_by_people()
        self.is_closed_by_people()
        for message in outbox.claim("attempt.contradicted", limit=99, now=self.clock.now, done=[]):
            open_contradiction(message)
            outbox.delete_done([message.id])


WORSE = [name for name in (*vars(World), *vars(TwoWorlds)) if name in dir(TwoWorlds)]
WORSE = sorted({name for name in WORSE if not name.startswith("_") and name != "come_to_rest"})


@settings(
    max_examples=examples(4),
)
@given(steps=st.lists(st.sampled_from(WORSE), max_size=10), fee=st.sampled_from([*FEES]))
def test_whatever_is_said_and_decided_what_was_sent_is_booked_once(
    clock, checking, broken_books, steps, fee
):
    with transaction.atomic():
        world = TwoWorlds(clock, checking, fee)
        for step in steps:
            getattr(world, step)()
        world.come_to_rest()

        payout, was_paid = fresh(world.payout), bool(checking.paid)
        assert payout.status == ("succeeded" if was_paid else "failed")
        assert moved(payout) in (ENDS[payout.status], LATE if was_paid else None)
        assert charged(payout) == (FEES[fee] * was_paid, FEES[fee] * was_paid)
        assert balance(world.merchant) == BALANCE - (1_000 + FEES[fee]) * was_paid
        assert not payout.attempts.filter(needs_person=True).exists()
        # To tell a batch of it is a worker's.
        OutboxMessage.objects.filter(topic=SUCCEEDED_LATE).delete()
        assert broken_books() == {}
        transaction.set_rollback(True)
