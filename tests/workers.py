"""Workers and one provider: whatever may lie between a claim and the answer that is applied.

What a process knows and has not written stands in its memory here: claims not sent yet, answers not
applied yet. An outage keeps it, a slow call applies it late, a kill never.
"""

from __future__ import annotations

import os

from django.db import OperationalError, connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from apps.core.ttl_cache import clear_all
from apps.core.work import outbox
from apps.orchestration.models import Attempt
from apps.orchestration.rules.judge_reply import NotAsked
from apps.orchestration.selectors.load_attempts import load_attempts
from apps.orchestration.services.apply_replies import apply_replies
from apps.orchestration.services.refresh_attempt import ask_provider
from apps.orchestration.services.submit_attempt import submit_attempt
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
from tests.fakes import (
    FAKE,
    GENUINE_CALLBACK,
    START,
    FakeConnector,
    RepeatSafeConnector,
    claim_due,
    handle_callbacks,
    register,
)

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


class Workers(RuleBasedStateMachine):
    """`claimed` and `answers` are the memory of the processes. Who knows whose instructions they
    carry out makes them, and says what holds of them."""

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
        self.owner_ids = []
        # Orders that may have got lost, or be under way still.
        self.lost = []

    def teardown(self):
        try:
            if self.owner_ids:
                self.end()
        finally:
            transaction.set_rollback(True)
            self._world.__exit__(None, None, None)

    def open_the_world(self, is_repeat_safe):
        self.clock.now = START
        self.provider.__init__()
        connector = RepeatSafeConnector if is_repeat_safe else FakeConnector
        register(self.monkeypatch, {FAKE: (self.provider, connector)})
        clear_all()

    def end(self):
        raise NotImplementedError

    def broken_books(self):
        with connection.cursor() as cursor:
            # What a commit would refuse is refused here.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        return {
            finding.invariant.name: finding.examples
            for finding in find_violations(now=self.clock.now)
            # Time leaps here, so things may be overdue; and webhooks wait for nobody.
            if finding.violations and finding.invariant.id not in {"I14", "I7"}
        }

    @precondition(lambda self: self.provider.book)
    @rule(n=st.integers(0, 5), end=ENDS)
    def counterparty_decides(self, n, end):
        waiting = [ref for ref, one in self.provider.book.items() if one.outcome == "pending"]
        if waiting:
            self.provider.settle(self.one_of(waiting, n), end)

    @precondition(lambda self: self.lost)
    @rule(n=st.integers(0, 5))
    def a_lost_order_arrives(self, n):
        request = self.one_of(self.lost, n)
        if self.clock.now < request.not_after:
            self.provider.accept(request)

    # --- What the workers do

    @precondition(lambda self: self.owner_ids)
    @rule(target=claimed)
    def a_worker_claims(self):
        return multiple(*self.claim())

    def claim(self):
        with transaction.atomic():
            claimed = claim_due(self.clock.now)
        return sorted(claimed, key=lambda one: self._place(one.attempt))

    @rule(target=answers, one=consumes(claimed), taking=TAKINGS)
    def a_worker_sends(self, one, taking):
        return self.send(one, taking)

    def send(self, one, taking):
        self.provider.on_collect = [self._taking(*taking)]
        heard = submit_attempt(one)
        self.provider.on_collect.clear()
        return heard

    @precondition(lambda self: self.owner_ids)
    @rule(target=answers, n=st.integers(0, 9), taking=TAKINGS, odd=st.booleans())
    def ask(self, n, taking, odd):
        attempt = self.one_of(self.attempts(), n)
        self.provider.on_collect = [self._taking(*taking)]
        if odd:
            self.provider.on_query = [self._raising(OutcomeUnknown("no answer"))]
        heard = self.ask_provider(attempt)
        self.provider.on_collect.clear()
        self.provider.on_query.clear()
        return multiple(heard) if heard else multiple()

    @precondition(lambda self: self.owner_ids)
    @rule(target=answers, taking=TAKINGS, is_applied=st.booleans())
    def a_worker_sends_all_that_is_due(self, taking, is_applied):
        heard = [self.send(one, taking) for one in self.claim()]
        if not is_applied:
            return multiple(*heard)
        with transaction.atomic():
            apply_replies(heard, now=self.clock.now)
        return multiple()

    @precondition(lambda self: self.owner_ids)
    @rule()
    def a_worker_asks_about_all(self):
        answers = [self.ask_provider(attempt) for attempt in self.attempts()]
        with transaction.atomic():
            apply_replies([one for one in answers if one is not None], now=self.clock.now)

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

    # --- What comes from outside, and the clock

    @precondition(lambda self: self.owner_ids)
    @rule(n=st.integers(0, 9), body=st.sampled_from([GENUINE_CALLBACK, FORGED, b"\xff", b""]))
    def call_back(self, n, body):
        with transaction.atomic():
            store_callback(
                connector=FAKE,
                attempt_id=self.one_of(self.attempts(), n).pk,
                method="POST",
                content_type="application/json",
                body=body,
                now=self.clock.now,
            )
        messages = outbox.claim("callback.received", limit=9, now=self.clock.now, done=[])
        with transaction.atomic():
            handle_callbacks(messages, self.clock.now)
        outbox.delete_done([message.id for message in messages])

    @rule(seconds=st.sampled_from([-3.1, -0.05, 1, 2, 5, 15, 30, 61, 600, 1_000, 90_000]))
    def wait(self, seconds):
        """Or the clock of another process, which is behind."""
        self.clock.advance(seconds=seconds)

    def attempts(self):
        """Those of these owners, in the order in which the owners were made."""
        ids = Attempt.objects.filter(owner_id__in=self.owner_ids).values_list("pk", flat=True)
        return sorted(load_attempts(ids).values(), key=self._place)

    def ask_provider(self, attempt):
        heard = ask_provider(attempt, source="poll")
        assert heard is None or not isinstance(heard.answer, NotAsked)
        return heard

    def _place(self, attempt):
        return self.owner_ids.index(attempt.owner_id)

    def one_of(self, many, n):
        return many[n % len(many)]

    def _taking(self, is_taken, error):
        def answer(request):
            taken = self.provider.accept(request) if is_taken else None
            if not is_taken and isinstance(error, OutcomeUnknown):
                self.lost.append(request)
            if error is not None:
                raise error
            assert isinstance(taken, ProviderResult)
            return taken

        return answer

    def _raising(self, error: ConnectorError):
        def answer(_request):
            raise error

        return answer


def live(machine, *, stories=12, **world):
    """Stories of this machine: always the same few, and others each time in `make soak`."""
    examples = os.environ.get("LOMI_EXAMPLES")
    run_state_machine_as_test(
        type("Story", (machine,), world),
        settings=settings(
            max_examples=int(examples or stories),
            stateful_step_count=int(os.environ.get("LOMI_STEPS", "40")),
            derandomize=not examples,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
