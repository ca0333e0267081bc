"""Many payments, several workers, one provider: any interleaving of what may happen to them.

What a process knows and has not written stands in its memory here: claims not sent yet, answers not
applied yet. A kill loses it, an outage keeps it, a slow call applies it late. The story ends with
the books: ours against our invariants, and against what the provider really took.
"""

from __future__ import annotations

import os

import pytest
from django.db import OperationalError, connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from apps.core.errors import DomainError
from apps.core.idempotency import digest_of
from apps.core.money import Money
from apps.core.ttl_cache import clear_all
from apps.core.work import outbox
from apps.ledger.models import Transfer
from apps.orchestration.models import ATTEMPT_FINAL, Attempt
from apps.orchestration.services.apply_replies import apply_replies
from apps.orchestration.services.close_unresolved import close_unresolved
from apps.orchestration.services.refresh_attempt import ask_provider
from apps.orchestration.services.submit_attempt import submit_attempt
from apps.payments.models import Payment
from apps.payments.services.book_late_success import book_late_success
from apps.payments.services.cancel_payment import cancel_payment
from apps.payments.services.create_payment import PaymentRequest, create_payment
from apps.payments.services.expire_due_payments import expire_due_payments
from apps.providers.contract import (
    ConnectorError,
    NotSent,
    Outcome,
    OutcomeUnknown,
    ProviderBusy,
    ProviderMisbehaved,
    ProviderResult,
)
from apps.providers.services.store_callback import store_callback
from apps.reconciliation.selectors.find_violations import find_violations
from tests.factories import EndpointFactory, MerchantFactory
from tests.fakes import (
    FAKE,
    GENUINE_CALLBACK,
    START,
    FakeConnector,
    RepeatSafeConnector,
    claim_due,
    handle_callbacks,
    open_account,
    register,
)

PEOPLE = {"requested_by": "user:1", "approved_by": "user:2"}

# How the provider takes an order: (whether it takes it, what it says instead of "pending").
TAKINGS = st.sampled_from(
    [
        (True, None),
        (True, None),
        (True, OutcomeUnknown("the answer was lost")),
        (True, ProviderBusy("503 after taking it")),
        (True, ProviderMisbehaved("an answer outside the protocol")),
        (False, OutcomeUnknown("the order was lost")),
        (False, ProviderBusy("503")),
        (False, NotSent("the token endpoint is dead")),
    ]
)
ENDS = st.sampled_from([Outcome.SUCCEEDED, Outcome.SUCCEEDED, Outcome.FAILED])
FORGED = b'{"secret": "guessed", "status": "SUCCESSFUL"}'


class Outage(OperationalError):
    """The database went away in the middle of a statement."""


class Payments(RuleBasedStateMachine):
    """`claimed` and `answers` are the memory of the processes."""

    clock: object
    provider: object
    monkeypatch: object

    claimed = Bundle("claimed")
    answers = Bundle("answers")

    def __init__(self):
        super().__init__()
        self._world = transaction.atomic()
        self._world.__enter__()
        # In the order in which they were made: ids of one instant have none.
        self.payment_ids = []

    def teardown(self):
        try:
            if self.payment_ids:
                self._end()
        finally:
            transaction.set_rollback(True)
            self._world.__exit__(None, None, None)

    @initialize(is_repeat_safe=st.booleans(), grace_s=st.sampled_from([60, 900]))
    def begin(self, is_repeat_safe, grace_s):
        self.clock.now = START
        self.provider.__init__()
        connector = RepeatSafeConnector if is_repeat_safe else FakeConnector
        register(self.monkeypatch, {FAKE: (self.provider, connector)})
        clear_all()
        self.merchant = MerchantFactory(fee_basis_points=200)
        EndpointFactory(merchant=self.merchant)
        for priority in (1, 2):
            open_account(unknown_reference_grace_s=grace_s, priority=priority)
        clear_all()

    # --- What the merchant and the payer do

    @rule(amount=st.sampled_from([100, 1_500, 999_999]))
    def create(self, amount):
        name = f"k{len(self.payment_ids)}"
        with transaction.atomic():
            create_payment(
                merchant=self.merchant,
                livemode=False,
                request=PaymentRequest(money=Money(amount, "XAF"), phone="677000001"),
                idempotency_key=name,
                digest=digest_of({"name": name}),
                now=self.clock.now,
            )
        made = Payment.objects.exclude(pk__in=self.payment_ids).values_list("pk", flat=True)
        self.payment_ids += made

    @precondition(lambda self: self.payment_ids)
    @rule(n=st.integers(0, 5))
    def cancel(self, n):
        with transaction.atomic():
            try:
                with transaction.atomic():
                    cancel_payment(payment_id=self._one_of(self.payment_ids, n), now=self.clock.now)
            except DomainError:
                pass

    @precondition(lambda self: self.provider.book)
    @rule(n=st.integers(0, 5), end=ENDS)
    def payer_decides(self, n, end):
        waiting = [ref for ref, one in self.provider.book.items() if one.outcome == "pending"]
        if waiting:
            self.provider.settle(self._one_of(waiting, n), end)

    # --- What the workers do

    @precondition(lambda self: self.payment_ids)
    @rule(target=claimed)
    def claim(self):
        with transaction.atomic():
            claimed = claim_due(self.clock.now)
        return multiple(*sorted(claimed, key=lambda one: self._place(one.attempt)))

    @rule(target=answers, one=consumes(claimed), taking=TAKINGS)
    def send(self, one, taking):
        self.provider.on_collect = [self._taking(*taking)]
        heard = submit_attempt(one)
        self.provider.on_collect.clear()
        return heard

    @precondition(lambda self: self.payment_ids)
    @rule(target=answers, n=st.integers(0, 9), taking=TAKINGS, odd=st.booleans())
    def ask(self, n, taking, odd):
        attempt = self._one_of(self._attempts(), n)
        self.provider.on_collect = [self._taking(*taking)]
        if odd:
            self.provider.on_query = [self._raising(OutcomeUnknown("no answer"))]
        heard = ask_provider(attempt, source="poll")
        self.provider.on_collect.clear()
        self.provider.on_query.clear()
        return multiple(heard) if heard else multiple()

    @rule(heard=consumes(answers), target=answers, times=st.integers(1, 2), kept=st.booleans())
    def apply(self, heard, times, kept):
        """Late, or twice; and what was applied may come again."""
        for _ in range(times):
            with transaction.atomic():
                apply_replies([heard], now=self.clock.now)
        return multiple(heard) if kept else multiple()

    @rule(one=answers, other=answers, at_statement=st.integers(1, 8))
    def the_database_goes_away_while_applying(self, one, other, at_statement):
        """Nothing of it is written, and the answers are still in memory."""
        seen = 0

        def away(execute, sql, params, many, context):
            nonlocal seen
            seen += 1
            if seen == at_statement:
                raise Outage("away")
            return execute(sql, params, many, context)

        try:
            with transaction.atomic(), connection.execute_wrapper(away):
                apply_replies([one, other], now=self.clock.now)
        except Outage:
            pass

    @rule(lost=consumes(answers))
    def killed_before_applying(self, lost):
        """What the process had heard is gone."""

    @rule(lost=consumes(claimed))
    def killed_before_sending(self, lost):
        """The claim stands, and nobody sends it."""

    # --- What comes from outside, and the clock

    @precondition(lambda self: self.payment_ids)
    @rule(n=st.integers(0, 9), body=st.sampled_from([GENUINE_CALLBACK, FORGED, b"\xff", b""]))
    def call_back(self, n, body):
        with transaction.atomic():
            store_callback(
                connector=FAKE,
                attempt_id=self._one_of(self._attempts(), n).pk,
                method="POST",
                content_type="application/json",
                body=body,
                now=self.clock.now,
            )
        messages = outbox.claim("callback.received", limit=9, now=self.clock.now, done=[])
        with transaction.atomic():
            handle_callbacks(messages, self.clock.now)
        outbox.delete_done([message.id for message in messages])

    @rule(seconds=st.sampled_from([1, 2, 5, 15, 30, 61, 600, 1_000, 90_000]))
    def wait(self, seconds):
        self.clock.advance(seconds=seconds)

    @rule(seconds=st.sampled_from([-3, -0.05, 0.05]))
    def another_process_has_another_clock(self, seconds):
        self.clock.advance(seconds=seconds)

    @rule()
    def expire(self):
        with transaction.atomic():
            expire_due_payments(now=self.clock.now)

    @precondition(lambda self: self.payment_ids)
    @rule(n=st.integers(0, 9), books=st.booleans())
    def two_people_decide(self, n, books):
        """By the provider's own books, as they see them in its portal."""
        owned = [attempt for attempt in self._attempts() if attempt.needs_person]
        if not owned:
            return
        attempt = self._one_of(owned, n)
        entry = self.provider.book.get(attempt.reference)
        is_paid = entry is not None and entry.outcome == Outcome.SUCCEEDED
        may_still_be = entry is not None and entry.outcome == Outcome.PENDING
        try:
            with transaction.atomic():
                if is_paid and books:
                    book_late_success(
                        attempt_id=attempt.pk, amount=entry.amount, now=self.clock.now, **PEOPLE
                    )
                elif not is_paid and not may_still_be and not books and entry is not None:
                    close_unresolved(attempt_id=attempt.pk, now=self.clock.now, **PEOPLE)
        except DomainError:
            pass

    # --- What holds after every step

    @invariant()
    def every_paid_payment_is_booked_once(self):
        paid = set(Payment.objects.filter(status="succeeded").values_list("pk", flat=True))
        booked = list(Transfer.objects.filter(kind="gross").values_list("source_id", flat=True))
        assert sorted(booked, key=str) == sorted(paid, key=str)

    @invariant()
    def nothing_is_invented(self):
        for attempt in Attempt.objects.filter(status="succeeded"):
            assert self.provider.book[attempt.reference].outcome == Outcome.SUCCEEDED

    # --- The end: all is quiet, the provider is honest, everybody is asked

    def _end(self):
        for _ in range(4):
            self.clock.advance(seconds=1_000)
            with transaction.atomic():
                expire_due_payments(now=self.clock.now)
            heard = [submit_attempt(one) for one in claim_due(self.clock.now)]
            asked = [attempt for attempt in self._attempts() if attempt.status != "succeeded"]
            answers = [ask_provider(attempt, source="poll") for attempt in asked]
            heard += [answer for answer in answers if answer]
            with transaction.atomic():
                apply_replies(heard, now=self.clock.now)
        with connection.cursor() as cursor:
            # What a commit would refuse is refused here.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        self._agrees_with_the_provider()
        broken = {
            finding.invariant.name: finding.examples
            for finding in find_violations(now=self.clock.now)
            # Time leaps here, so things may be overdue; and webhooks wait for nobody.
            if finding.violations and finding.invariant.id not in {"I14", "I7"}
        }
        assert broken == {}

    def _agrees_with_the_provider(self):
        by_reference = {attempt.reference: attempt for attempt in Attempt.objects.all()}
        for reference, entry in self.provider.book.items():
            attempt = by_reference[reference]
            if entry.outcome == Outcome.SUCCEEDED:
                # Lost is what was paid, is not booked, and nobody knows of.
                assert attempt.status == "succeeded" or attempt.needs_person, attempt
            if attempt.status in ATTEMPT_FINAL and not attempt.needs_person:
                assert entry.outcome != Outcome.PENDING or attempt.status == "failed", attempt
        for payment in Payment.objects.all():
            charged = [
                attempt
                for attempt in payment.attempts.all()
                if attempt.reference in self.provider.book
                and self.provider.book[attempt.reference].outcome == Outcome.SUCCEEDED
            ]
            assert len(charged) <= 1, f"{payment} was charged {len(charged)} times"

    def _attempts(self):
        attempts = Attempt.objects.select_related("provider_account").order_by("id")
        return sorted(attempts, key=self._place)

    def _place(self, attempt):
        return self.payment_ids.index(attempt.owner_id)

    def _one_of(self, many, n):
        return many[n % len(many)]

    def _taking(self, is_taken, error):
        def answer(request):
            taken = self.provider.accept(request) if is_taken else None
            if error is not None:
                raise error
            assert isinstance(taken, ProviderResult)
            return taken

        return answer

    def _raising(self, error: ConnectorError):
        def answer(_request):
            raise error

        return answer


@pytest.mark.django_db
def test_whatever_happens_in_whatever_order_the_books_agree_with_the_provider(
    clock, provider, monkeypatch
):
    world = {"clock": clock, "provider": provider, "monkeypatch": monkeypatch}
    machine = type("Story", (Payments,), world)

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=int(os.environ.get("LOMI_EXAMPLES", "60")),
            stateful_step_count=int(os.environ.get("LOMI_STEPS", "40")),
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
