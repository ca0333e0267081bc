"""A provider that hangs delays itself alone: orders, questions, callbacks of others go on."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.models import OutboxMessage
from apps.core.public_ids import new_id
from apps.core.work import outbox
from apps.core.work.topics import routes
from apps.core.work.worker_loop import run_worker_loop
from apps.orchestration.due_work import CLAIM, FAILURES_BORNE, DueAttempts, question_limiter
from apps.orchestration.models import Attempt, MoneyOutHold, StatusChange
from apps.orchestration.selectors.choose_due import due_parameters
from apps.orchestration.services.handle_callback import ReceivedCallbacks, callback_limiter
from apps.orchestration.tasks import apply_polled, load_due, poll
from apps.providers.contract import NotSent, OutcomeUnknown
from apps.providers.models import Callback
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.tasks import open_contradiction
from apps.vault.tokens import sign_token
from tests.factories import MerchantFactory, PaymentFactory
from tests.fakes import (
    GENUINE_CALLBACK,
    FakeConnector,
    claim_due,
    open_account,
    raising,
    submit_due,
)
from tests.query_plans import pages_of, plan_of, rows_of

HANGING = 200


class Gate:
    """Calls of the hanging account wait here until the test opens it."""

    def __init__(self):
        self.open = threading.Event()
        self.waiting = 0

    def passing(self, call):
        def passed(connector, request):
            number = getattr(request, "payer_msisdn", "") or request.counterparty
            if number == HANGS:
                self.waiting += 1
                self.open.wait(timeout=60)
            return call(connector, request)

        return passed


HANGS, FINE = "237677000009", "237677000001"


@pytest.fixture
def gate(monkeypatch, provider):
    gate = Gate()
    for name in ("collect", "query"):
        monkeypatch.setattr(FakeConnector, name, gate.passing(getattr(FakeConnector, name)))
    yield gate
    gate.open.set()


def worker_loop_of(topic):
    worker = threading.Thread(target=run_worker_loop, args=[topic])
    worker.start()
    return worker


def wait_until(is_so):
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def make_due(account, payer, count, **fields):
    fields = {"merchant": MerchantFactory(), "account": account, "payer_msisdn": payer, **fields}
    payments = PaymentFactory.create_batch(count, **fields)
    attempts = Attempt.objects.filter(owner_id__in=[payment.pk for payment in payments])
    attempts.update(next_check_at=min(payment.created_at for payment in payments))
    return attempts


@pytest.mark.django_db(transaction=True)
def test_while_200_orders_of_one_provider_hang_anothers_order_is_sent(gate):
    make_due(open_account(), HANGS, HANGING)
    mine = make_due(open_account(), FINE, 3)

    worker = worker_loop_of("attempt.submit")
    try:
        wait_until(lambda: mine.filter(status="pending").count() == 3)
        assert 0 < gate.waiting < routes()["attempt.submit"].threads / 2
        assert Attempt.objects.filter(status="created").count() == HANGING - gate.waiting
    finally:
        gate.open.set()
        worker.join()

    assert not Attempt.objects.exclude(status="pending").exists()


@pytest.mark.django_db(transaction=True)
def test_while_200_questions_to_one_provider_hang_another_is_asked(gate, provider):
    make_due(open_account(), HANGS, HANGING, submitted=True)
    mine = make_due(open_account(), FINE, 3, submitted=True)

    worker = worker_loop_of("attempt.poll")
    try:
        wait_until(lambda: mine.filter(checks=1).count() == 3)
        assert 0 < gate.waiting < routes()["attempt.poll"].threads / 2
    finally:
        gate.open.set()
        worker.join()

    assert not Attempt.objects.filter(checks=0).exists()


def call_back(attempts):
    for attempt in attempts:
        Client().post(
            f"/callbacks/fake/{sign_token('callback', attempt.pk)}",
            GENUINE_CALLBACK,
            content_type="application/json",
        )


@pytest.mark.django_db(transaction=True)
def test_while_callbacks_of_one_provider_hang_anothers_is_answered_for(gate, monkeypatch):
    monkeypatch.setattr(FakeConnector, "parse_callback", lambda self, callback: None)
    hanging = make_due(open_account(), HANGS, 40, submitted=True)
    mine = make_due(open_account(), FINE, 2, submitted=True)
    call_back([*hanging, *mine])

    worker = worker_loop_of("callback.received")
    try:
        wait_until(
            lambda: Callback.objects.filter(attempt_id__in=mine, status="handled").count() == 2
        )
        left = OutboxMessage.objects.filter(topic="callback.received")
        # Those that hang, and those put off: not one of them counts as a failure. What was handled
        # is forgotten a moment after it says so.
        wait_until(lambda: left.count() == 40)
        assert 0 < gate.waiting < routes()["callback.received"].threads / 2
        assert set(left.values_list("tries", flat=True)) <= {0, 1}
    finally:
        gate.open.set()
        worker.join()


@pytest.mark.django_db
def test_a_callback_put_off_comes_again_after_its_age_and_is_then_handled(
    clock, provider, submitted
):
    _, attempt = submitted
    call_back([attempt])
    busy = [new_id() for _ in range(callback_limiter.first)]
    for one in busy:
        callback_limiter.acquire(one, [attempt.provider_account_id], clock.now)
    source = ReceivedCallbacks()
    waits = []
    for _ in range(10):
        assert source.claim(limit=10, now=clock.now, done=[]) == []
        message = OutboxMessage.objects.get()
        assert message.tries == 0
        waits.append((message.available_at - clock.now).total_seconds())
        clock.now = message.available_at

    assert waits == [0.1, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6]
    for one in busy:
        callback_limiter.release(one, is_taken=None, took=timedelta(0), now=clock.now)
    (opened,) = source.claim(limit=10, now=clock.now, done=[])
    assert opened.attempt == attempt


@pytest.mark.django_db
def test_a_callback_that_is_gone_takes_its_message_with_it(clock, provider, submitted):
    outbox.enqueue("callback.received", now=clock.now, callback_id=str(new_id()))

    assert ReceivedCallbacks().claim(limit=10, now=clock.now, done=[]) == []
    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db
def test_live_orders_go_before_those_of_test_mode(clock, provider):
    test = open_account()
    live = open_account(livemode=True)
    make_due(test, FINE, 3, created_at=clock.now)
    make_due(live, FINE, 3, created_at=clock.now, livemode=True)

    claimed = claim_due(clock.now, limit=3)

    assert {one.attempt.provider_account_id for one in claimed} == {live.pk}


def cost_of_claim(now):
    """How many pages and rows one claim looks at."""
    values = due_parameters(question_limiter.free_slots(now), limit=64, now=now)
    plan = plan_of(CLAIM, values | {"lease_until": now})
    return pages_of(plan), rows_of(plan)


@pytest.mark.usefixtures("new_tables")
@pytest.mark.django_db
def test_a_claim_costs_the_same_whatever_the_backlog_of_an_account_that_hangs(clock, provider):
    hanging, fine = open_account(), open_account()
    template = make_due(hanging, HANGS, 1, submitted=True, created_at=clock.now).get()
    make_due(fine, FINE, 20, submitted=True, created_at=clock.now)

    def cost(backlog):
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("DROP INDEX attempt_one_unspent")
            copies = []
            for _ in range(backlog):
                template.pk = template.id = new_id()
                template.reference = new_id()
                copies.append(
                    Attempt(
                        **{
                            field.attname: getattr(template, field.attname)
                            for field in Attempt._meta.local_concrete_fields
                        }
                    )
                )
            Attempt.objects.bulk_create(copies, batch_size=500)
            found = cost_of_claim(clock.now)
            transaction.set_rollback(True)
        return found

    (few_pages, few_rows), (pages, rows) = cost(200), cost(4_000)

    assert rows <= few_rows + 200
    # A level or two of the indexes more, of each row.
    assert pages <= 2 * few_pages


@pytest.mark.django_db
def test_claiming_is_three_statements_of_one_transaction(clock, account, provider, create):
    for _ in range(4):
        create()

    with CaptureQueriesContext(connection) as sent:
        claimed = claim_due(clock.now)

    assert len(claimed) == 4
    # Once a second, of all claims together, it is looked whether money out is held.
    said = [one["sql"].split()[0] for one in sent if MoneyOutHold._meta.db_table not in one["sql"]]
    assert [word for word in said if word not in {"SAVEPOINT", "RELEASE"}] == [
        "WITH",
        "SELECT",
        "WITH",
    ]


@pytest.mark.django_db
def test_what_cannot_be_claimed_waits_longer_each_time_and_stops_nothing_of_its_account(
    clock, account, provider, create
):
    create()
    (spoilt,) = Attempt.objects.all()
    # The number of its next change is taken.
    StatusChange.objects.create(
        owner_id=spoilt.owner_id,
        attempt=spoilt,
        sequence=spoilt.sequence + 1,
        to_status="submitted",
        source="worker",
        created_at=clock.now,
    )
    create()

    assert submit_due(clock.now) == 1

    spoilt.refresh_from_db()
    assert (spoilt.status, spoilt.failures) == ("created", 1)
    assert spoilt.next_check_at == clock.now + timedelta(minutes=1)


@pytest.mark.django_db
def test_a_question_that_cannot_be_put_waits_longer_each_time_and_then_a_person_is_told(
    clock, submitted
):
    _, attempt = submitted
    source = DueAttempts()
    waits = []
    for _ in range(FAILURES_BORNE + 3):
        attempt.refresh_from_db()
        clock.now = attempt.next_check_at
        (due,) = source.claim(limit=10, now=clock.now, done=[])
        source.put_back(due, error="DecryptionFailed: cannot be read", now=clock.now)
        question_limiter.forget()
        attempt.refresh_from_db()
        waits.append((attempt.next_check_at - clock.now).total_seconds() / 60)
        assert attempt.needs_person == (attempt.failures >= FAILURES_BORNE)

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    # Once, in words.
    (message,) = outbox.claim("attempt.contradicted", limit=10, now=clock.now, done=[])
    open_contradiction(message)
    discrepancy = Discrepancy.objects.get()
    assert discrepancy.attempt_id == attempt.pk
    assert discrepancy.detail == (
        "6 times in a row we could not ask about it: DecryptionFailed: cannot be read"
    )


@pytest.mark.django_db
def test_a_question_that_was_put_again_forgets_its_failures(clock, submitted, provider):
    _, attempt = submitted
    Attempt.objects.filter(pk=attempt.pk).update(failures=3, next_check_at=clock.now)
    (asking,) = load_due(DueAttempts().claim(limit=10, now=clock.now, done=[]))

    apply_polled([(asking, poll(asking))])

    attempt.refresh_from_db()
    assert attempt.failures == 0


@pytest.mark.django_db
@pytest.mark.parametrize("error", [OutcomeUnknown("timeout"), NotSent("refused")])
def test_a_question_that_fails_gives_its_slot_back(clock, submitted, provider, error):
    _, attempt = submitted
    provider.on_query = [raising(error)]
    Attempt.objects.update(next_check_at=clock.now)
    (asking,) = load_due(DueAttempts().claim(limit=10, now=clock.now, done=[]))

    poll(asking)

    slots = question_limiter.free_slots(clock.now)
    assert slots.free_of(attempt.provider_account_id) == question_limiter.first
