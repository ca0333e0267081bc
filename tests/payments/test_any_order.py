"""Whatever happens, in whatever order, as often as it likes: the promises hold.

Every example lives through its story in one transaction of a real PostgreSQL, then is undone.
A crash is a rollback to just before the step; the work is then done again, as a lease has it.
"""

import itertools

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.idempotency import digest_of
from apps.core.money import Money
from apps.core.ttl_cache import clear_all
from apps.core.work import outbox
from apps.ledger.models import Transfer
from apps.orchestration.models import Attempt, StatusChange
from apps.orchestration.services.apply_replies import apply_reply
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payments.models import Payment
from apps.payments.rules.payment_request import PaymentRequest
from apps.payments.services.create_payment import create_payment
from apps.payments.services.expire_payment import expire_payment
from apps.providers.contract import (
    FailureCode,
    NextAction,
    NotSent,
    Outcome,
    OutcomeUnknown,
    ProviderBusy,
    ProviderMisbehaved,
    ProviderResult,
    ReferenceUnknown,
)
from apps.providers.services.store_callback import store_callback
from apps.reconciliation.selectors.find_violations import find_violations
from apps.webhooks.models import Event
from tests.factories import EndpointFactory, MerchantFactory
from tests.fakes import (
    FAKE,
    GENUINE_CALLBACK,
    START,
    FakeConnector,
    RepeatSafeConnector,
    handle_callbacks,
    open_account,
    raising,
    register,
    submit_due,
)
from tests.tries import examples

ACKNOWLEDGED = {"pending", "requires_action", "authorized"}

results = st.builds(
    ProviderResult,
    outcome=st.sampled_from([*Outcome, Outcome.SUCCEEDED]),
    failure_code=st.sampled_from([None, *FailureCode]),
    next_action=st.sampled_from([None, NextAction("redirect", "https://pay.example/")]),
    provider_reference=st.sampled_from(["", "MP1", "MP2"]),
    amount=st.sampled_from([None, 1_500, 1_500, 1_500, 1_499]),
    currency=st.sampled_from(["", "XAF", "XAF", "XOF"]),
)
errors = st.sampled_from(
    [
        NotSent("busy"),
        ProviderBusy("503"),
        NotSent("refused", failure_code=FailureCode.CONFIGURATION),
        OutcomeUnknown("timeout"),
        ReferenceUnknown("?"),
        ProviderMisbehaved("junk"),
    ]
)
news = results | errors

steps = st.one_of(
    st.tuples(st.just("submit"), st.none() | news),
    # Of any attempt, old ones too: the number says how far back.
    st.tuples(st.just("hear"), st.tuples(st.integers(0, 3), news)),
    st.tuples(st.just("answer to the order"), st.tuples(st.integers(0, 3), news)),
    st.tuples(st.just("ask"), st.integers(0, 3)),
    st.tuples(st.just("callbacks"), st.tuples(st.integers(0, 3), st.integers(1, 3))),
    st.tuples(st.just("payer"), st.sampled_from([Outcome.SUCCEEDED, Outcome.FAILED])),
    st.tuples(st.just("wait"), st.sampled_from([1, 5, 15, 60, 700, 4_000, 90_000])),
    st.tuples(st.just("expire"), st.none()),
)


class Crash(Exception):
    pass


class Story:
    """One payment's life; `do` takes a step, `check` asserts what must hold after each."""

    def __init__(self, clock, provider, monkeypatch, *, is_repeat_safe):
        connector = RepeatSafeConnector if is_repeat_safe else FakeConnector
        register(monkeypatch, {FAKE: (provider, connector)})
        self.clock, self.provider = clock, provider
        clock.now = START
        provider.__init__()
        clear_all()
        merchant = MerchantFactory(fee_basis_points=200)
        EndpointFactory(merchant=merchant)
        open_account(unknown_reference_grace_s=60)
        open_account(unknown_reference_grace_s=60)
        create_payment(
            merchant=merchant,
            livemode=False,
            request=PaymentRequest(money=Money(1_500, "XAF"), phone="677000001"),
            idempotency_key="k",
            digest=digest_of({}),
            now=clock.now,
        )
        self.payment = Payment.objects.get()
        self.last = "pending"

    def do(self, step, crashes):
        if crashes:
            with pytest.raises(Crash), transaction.atomic():
                self._do(*step)
                raise Crash
            self.provider.on_collect.clear()
        self._do(*step)

    def _do(self, name, value):
        now = self.clock.now
        attempts = list(Attempt.objects.order_by("-id"))
        if name == "submit":
            self.provider.on_collect = [_answer(value)] if value else []
            submit_due(now)
        elif name in {"hear", "answer to the order"}:
            back, said = value
            apply_reply(
                attempt_id=attempts[back % len(attempts)].pk,
                answer=said,
                source="poll",
                is_submission=name == "answer to the order",
                now=now,
            )
        elif name == "ask":
            refresh_attempt(attempt_id=attempts[value % len(attempts)].pk, source="poll", now=now)
        elif name == "callbacks":
            back, times = value
            self._call_back(attempts[back % len(attempts)], times, now)
        elif name == "payer" and attempts[0].reference in self.provider.book:
            self.provider.settle(attempts[0].reference, value)
        elif name == "wait":
            self.clock.advance(seconds=value)
        elif name == "expire":
            expire_payment(payment_id=self.payment.pk, now=now)

    def _call_back(self, attempt, times, now):
        for _ in range(times):
            store_callback(
                connector="fake",
                attempt_id=attempt.pk,
                method="POST",
                content_type="application/json",
                body=GENUINE_CALLBACK,
                now=now,
            )
        messages = outbox.claim("callback.received", limit=10, now=now, done=[])
        handle_callbacks(messages, now)
        outbox.delete_done([message.id for message in messages])

    def check(self):
        status = Payment.objects.values_list("status", flat=True).get()
        if self.last in {"succeeded", "failed"}:
            assert status == self.last
        if self.last == "expired":
            assert status in {"expired", "succeeded"}
        self.last = status
        booked = Transfer.objects.order_by("kind").values_list("kind", "amount")
        assert list(booked) == ([("fee", 30), ("gross", 1_500)] if status == "succeeded" else [])

    def check_the_end(self):
        # What a commit would refuse is refused here.
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        sequences = Event.objects.order_by("sequence").values_list("sequence", flat=True)
        assert list(sequences) == list(range(1, len(sequences) + 1))
        for attempt in Attempt.objects.all():
            path = StatusChange.objects.filter(attempt=attempt).order_by("sequence")
            moves = list(path.values_list("from_status", "to_status"))
            assert all(one[1] == next_[0] for one, next_ in itertools.pairwise(moves))
            assert not (attempt.status == "not_sent" and ACKNOWLEDGED & {to for _, to in moves})
        broken = [
            finding.invariant.name
            for finding in find_violations(now=self.clock.now)
            # Nobody works here between two steps, so things may be overdue.
            if finding.violations and finding.invariant.id not in {"I14", "I7"}
        ]
        assert broken == []


def _answer(value):
    if isinstance(value, ProviderResult):
        return lambda _request: value
    return raising(value)


@pytest.mark.django_db
@settings(
    max_examples=examples(8),
)
@given(
    is_repeat_safe=st.booleans(),
    order=st.none() | news,
    story=st.lists(st.tuples(steps, st.sampled_from([False, False, True])), max_size=14),
)
def test_final_is_final_and_money_is_booked_once_and_history_is_one_path(
    clock, provider, monkeypatch, is_repeat_safe, order, story
):
    with transaction.atomic():
        life = Story(clock, provider, monkeypatch, is_repeat_safe=is_repeat_safe)
        for step, crashes in [(("submit", order), False), *story]:
            life.do(step, crashes)
            life.check()
        life.check_the_end()
        transaction.set_rollback(True)
