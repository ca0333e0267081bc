"""Every process means the same clock, whatever its host's says."""

import logging
from contextlib import closing
from datetime import UTC, datetime, timedelta
from time import time

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.core import database_clock
from apps.core.models import OutboxMessage
from apps.core.public_ids import new_id
from apps.core.work import outbox
from apps.core.work.worker_loop import run_worker_loop
from apps.orchestration import tasks
from apps.orchestration.models import AttemptStatus
from apps.providers import registry
from apps.providers.contract import NotSent
from apps.webhooks.services.deliver_webhook import deliver_webhook
from apps.webhooks.transport import Answer
from tests.factories import PaymentFactory
from tests.fakes import claim_due, open_account
from tests.receiver import Receiver
from tests.webhooks.claims import SENDABLE, make_claim

pytestmark = pytest.mark.django_db(transaction=True)

# Before the suite puts this process's clock in its place.
measured_now = database_clock.now


@pytest.fixture(autouse=True)
def clock_of_the_database(monkeypatch):
    """Measured anew in each test."""
    monkeypatch.setattr(database_clock, "now", measured_now)
    monkeypatch.setattr(database_clock, "_measurement", None)
    monkeypatch.setattr(database_clock, "_said_at", float("-inf"))


@pytest.fixture
def host_is_ahead(monkeypatch):
    """Set this host's clock forward (or back) by so many seconds."""

    def ahead(seconds):
        monkeypatch.setattr(database_clock, "time", lambda: time() + seconds)
        monkeypatch.setattr(timezone, "now", lambda: datetime.now(UTC) + timedelta(seconds=seconds))

    return ahead


def database_time():
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


@pytest.mark.parametrize("seconds", [0, 960, -960, 0.05, -0.05, 400 * 86_400])
def test_it_says_the_databases_time_whatever_the_hosts_says(host_is_ahead, seconds):
    host_is_ahead(seconds)

    before, said, after = database_time(), database_clock.now(), database_time()

    tolerance = timedelta(seconds=database_clock._measurement.error_s)
    assert before - tolerance <= said <= after + tolerance
    assert said.utcoffset() == timedelta(0)


def test_it_costs_no_round_trip_between_two_measurements(django_assert_num_queries):
    database_clock.now()

    with django_assert_num_queries(0):
        said = [database_clock.now() for _ in range(100)]
        database_clock.is_skewed()

    assert said == sorted(said)


def test_it_is_measured_again_every_few_seconds(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(database_clock, "ROUND_TRIP_S", 60)
    database_clock.now()
    monkeypatch.setattr(database_clock, "_measure_at", 0.0)

    with django_assert_num_queries(1):
        database_clock.now()
        database_clock.now()


def test_it_is_measured_again_after_a_reconnect(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(database_clock, "ROUND_TRIP_S", 60)
    database_clock.now()
    database_clock.measure_again()

    with django_assert_num_queries(1):
        database_clock.now()


def measured(ahead_s, at_s, error_s):
    """What a process measured when its monotonic clock said `at_s`."""
    database = datetime(2026, 11, 28, tzinfo=UTC) + timedelta(seconds=at_s + ahead_s)
    return database_clock._Measurement(database, at_s, database.timestamp(), error_s)


def ahead_s_of(measurement):
    database = measurement.database - datetime(2026, 11, 28, tzinfo=UTC)
    return database.total_seconds() - measurement.monotonic_s


def test_what_a_busy_machine_measures_does_not_replace_what_was_measured_well():
    """A process some milliseconds ahead promises work that the others find too early."""
    before, busy = measured(0.0, 100.0, 0.0004), measured(0.008, 105.0, 0.009)

    kept = before.better_of(busy)

    assert ahead_s_of(kept) == pytest.approx(0.0, abs=1e-6)
    assert kept.error_s < busy.error_s
    # Of now: it is judged by today's wall clock.
    assert (kept.monotonic_s, kept.wall_s) == (busy.monotonic_s, busy.wall_s)


@given(errors_ms=st.lists(st.tuples(st.floats(0.1, 30), st.floats(-1, 1)), min_size=1))
def test_however_busy_the_machine_the_clock_is_right_to_what_it_says(errors_ms):
    """Each measurement may be wrong by as much as its error; the clocks drift apart meanwhile."""
    known = measured(0.0, 0.0, 0.0002)
    for number, (error_ms, share) in enumerate(errors_ms, start=1):
        at_s = number * database_clock.MEASURE_EVERY_S
        true_s = at_s * database_clock.DRIFT_S * 0.9
        new = measured(true_s + share * error_ms / 1000, at_s, error_ms / 1000)

        known = known.better_of(new)

        assert abs(ahead_s_of(known) - true_s) <= known.error_s + 1e-6
        assert known.error_s <= new.error_s


@pytest.mark.parametrize("ahead_s", [0.05, -0.05, 3600.0])
def test_another_servers_clock_is_believed_at_once(ahead_s):
    before, other = measured(0.0, 100.0, 0.0004), measured(ahead_s, 105.0, 0.009)

    assert before.better_of(other) == other


@pytest.mark.parametrize("slept_s", [3600, -3600])
def test_it_is_measured_again_after_a_sleep_or_when_the_clock_was_set(
    host_is_ahead, monkeypatch, slept_s
):
    """A sleep stops the monotonic clock: what was measured before is worth nothing."""
    database_clock.now()
    before = database_clock._measurement

    host_is_ahead(slept_s)
    database_clock.now()

    assert database_clock._measurement is not before


def test_the_last_measurement_is_used_while_the_database_is_away(monkeypatch):
    before = database_clock.now()
    database_clock.measure_again()

    def away():
        raise OperationalError("gone")

    monkeypatch.setattr(database_clock, "_ask", away)

    assert timedelta(0) <= database_clock.now() - before < timedelta(seconds=30)


def test_without_any_measurement_it_does_not_guess(monkeypatch):
    def away():
        raise OperationalError("gone")

    monkeypatch.setattr(database_clock, "_ask", away)

    with pytest.raises(OperationalError):
        database_clock.now()


@pytest.mark.parametrize("seconds", [0.05, -0.05, 2.0, -2.0])
def test_a_clock_a_little_off_is_no_alarm(host_is_ahead, seconds, caplog):
    host_is_ahead(seconds)

    assert not database_clock.is_skewed()
    assert caplog.records == []


@pytest.mark.parametrize("seconds", [960, -960, 30])
def test_a_clock_that_is_wrong_is_said_once_a_minute(host_is_ahead, seconds, caplog):
    host_is_ahead(seconds)

    with caplog.at_level(logging.ERROR):
        said = [database_clock.is_skewed() for _ in range(50)]

    assert all(said)
    assert [record.message for record in caplog.records] == [
        "the clock of this host is wrong: no work is taken"
    ]


@pytest.mark.parametrize("seconds", [960, -960])
def test_a_process_whose_clock_is_wrong_takes_no_work(host_is_ahead, seconds):
    outbox.enqueue("webhook.end_deliveries", now=database_time(), endpoint_id=str(new_id()))
    host_is_ahead(seconds)

    taken = run_worker_loop("webhook.end_deliveries")

    assert taken == 0
    assert OutboxMessage.objects.get().tries == 0


def test_a_process_whose_clock_is_wrong_is_not_believed_to_listen(host_is_ahead):
    """Else nobody would start another that can work."""
    from apps.core.work import wake_up

    host_is_ahead(960)
    run_worker_loop("webhook.end_deliveries", idle_timeout_s=0.01)

    assert not wake_up.client().exists(wake_up._key("listening", "webhook.end_deliveries"))


def test_an_order_sent_a_second_ago_is_not_declared_unsent_by_a_process_16_minutes_ahead(
    provider, host_is_ahead
):
    """The grace period of a reference unknown to the provider is fifteen minutes."""
    payment = PaymentFactory(account=open_account(), created_at=database_time())
    attempt = payment.attempts.get()
    payment.attempts.update(next_check_at=database_time())
    assert claim_due(database_time())
    host_is_ahead(960)

    # The provider does not know it yet.
    (asking,) = tasks.load_due([attempt_due(attempt.pk)])
    tasks.apply([(asking, tasks.poll(asking))])

    attempt.refresh_from_db()
    assert attempt.status != AttemptStatus.NOT_SENT


@pytest.mark.parametrize("seconds", [960, -960])
def test_whether_an_order_is_too_late_is_judged_by_the_databases_clock(host_is_ahead, seconds):
    database_clock.now()
    host_is_ahead(seconds)

    with closing(Receiver()) as receiver:
        in_time = database_time() + timedelta(minutes=1)
        too_late = database_time() - timedelta(seconds=2)
        answer = registry._transport.request(
            "POST", receiver.url, headers={}, body=b"{}", not_after=in_time
        )
        with pytest.raises(NotSent, match="too late"):
            registry._transport.request(
                "POST", receiver.url, headers={}, body=b"{}", not_after=too_late
            )

    assert answer.status == 204
    # No thread holds one while it waits for a provider.
    assert connection.connection is None


def attempt_due(attempt_id):
    from apps.orchestration.due_work import Due

    return Due(attempt_id)


@pytest.mark.parametrize("seconds", [360, -360])
def test_a_webhook_signed_on_a_host_six_minutes_off_is_accepted(
    host_is_ahead, monkeypatch, seconds
):
    """Receivers refuse what is five minutes old."""
    (claimed, _), sent = make_claim("http://127.0.0.1/hooks"), {}
    monkeypatch.setattr(
        "apps.webhooks.services.deliver_webhook.find_sendable",
        lambda **claim: SENDABLE[claim["delivery_id"]],
    )

    def post(target, addresses, *, headers, body, timeout_s):
        sent.update(headers())
        return Answer(204)

    monkeypatch.setattr("apps.webhooks.services.deliver_webhook.post", post)
    host_is_ahead(seconds)

    deliver_webhook(claimed)

    assert abs(int(sent["webhook-timestamp"]) - database_time().timestamp()) < 30
