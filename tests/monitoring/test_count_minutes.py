"""What rails did is counted from their history, whatever is committed when."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.monitoring.models import RailDay, RailMinute, Watch
from apps.monitoring.selectors.count_moves import count_moves
from apps.monitoring.services.count_minutes import PAST_KEPT, count_minutes, minute_of
from apps.monitoring.services.tidy import tidy
from apps.orchestration.models import Attempt
from tests.factories import PaymentFactory, ProviderAccountFactory
from tests.other_transactions import wait_for_other_transactions

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def begun(now):
    """Counted up to just now: only the last minutes are open."""
    count_minutes(now=now)
    Watch.objects.update(counted_until=minute_of(now - timedelta(minutes=10)), seen_at=now)


def count(*, now):
    """A look that no other database's transaction holds back."""
    wait_for_other_transactions()
    count_minutes(now=now)


def pay(now, account, *path, code="", waited_s=0.0):
    """A payment whose attempt went this way, in this minute."""
    payment = PaymentFactory(account=account, attempt_path=list(path), created_at=now)
    attempt = payment.attempts.get()
    Attempt.objects.filter(pk=attempt.pk).update(
        failure_code=code, submitted_at=now - timedelta(seconds=waited_s)
    )
    return attempt


def test_each_move_counts_in_its_minute(now, begun):
    account = ProviderAccountFactory()
    pay(now, account, "submitted", "pending", "succeeded", waited_s=1.5)
    pay(now, account, "submitted", "pending", "failed", code="insufficient_funds")
    pay(now, account, "submitted", "pending", "failed", code="provider_declined")
    pay(now, account, "submitted", "not_sent", code="provider_unavailable")
    pay(now, account, "submitted", "not_sent", code="configuration")
    pay(now, account, "submitted", "unknown", waited_s=70)
    pay(now, account)

    count_minutes(now=now)

    minute = RailMinute.objects.get()
    assert (minute.provider_account_id, minute.operation) == (account.pk, "collect")
    assert minute.minute == minute_of(now)
    assert (minute.sent, minute.answered, minute.succeeded) == (6, 3, 1)
    assert (minute.failed_payer, minute.failed_rail, minute.failed_ours) == (1, 2, 1)
    assert minute.unknown == 1
    # What had no answer waited for none.
    assert minute.responses == [2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]


def test_a_wait_counts_up_to_its_bound_and_no_longer(now, begun):
    account = ProviderAccountFactory()
    for bound in (0.1, 15.0, 120.0):
        pay(now, account, "submitted", "pending", waited_s=bound)
        pay(now, account, "submitted", "pending", waited_s=bound + 0.000_001)

    count_minutes(now=now)

    assert RailMinute.objects.get().responses == [1, 1, 0, 0, 0, 0, 0, 1, 1, 0, 1, 1]


def test_what_was_closed_before_it_was_sent_says_nothing_of_the_rail(now, begun):
    pay(now, ProviderAccountFactory(), "not_sent")

    count_minutes(now=now)

    assert RailMinute.objects.filter(failed_rail__gt=0).count() == 0


def test_counting_twice_counts_once(now, begun):
    pay(now, ProviderAccountFactory(), "submitted", "pending", "succeeded")

    count_minutes(now=now)
    count_minutes(now=now + timedelta(seconds=5))
    Watch.objects.update(counted_until=now - timedelta(hours=5))
    count_minutes(now=now + timedelta(seconds=10))

    assert RailMinute.objects.get().succeeded == 1


def test_what_is_committed_late_is_counted_all_the_same(now, begun):
    account = ProviderAccountFactory()
    seen, may_commit = threading.Event(), threading.Event()

    def slow():
        try:
            with transaction.atomic():
                pay(now, account, "submitted", "pending", "succeeded")
                seen.set()
                may_commit.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    try:
        assert seen.wait(20)
        for minutes in range(30):
            count_minutes(now=now + timedelta(minutes=minutes))
        assert not RailMinute.objects.exists()
        assert Watch.objects.get().counted_until <= minute_of(now)
    finally:
        may_commit.set()
        thread.join()

    count_minutes(now=now + timedelta(minutes=31))

    assert RailMinute.objects.get().succeeded == 1
    # And the counting goes on from there.
    count(now=now + timedelta(minutes=32))
    count(now=now + timedelta(minutes=33))
    assert Watch.objects.get().counted_until > now


def test_the_past_is_counted_bit_by_bit_and_the_present_at_once(now):
    account = ProviderAccountFactory()
    pay(now, account, "submitted", "pending", "succeeded")
    pay(now - timedelta(days=2), account, "submitted", "pending", "succeeded")

    count_minutes(now=now)
    assert [one.minute for one in RailMinute.objects.all()] == [minute_of(now)]
    for second in range(1, 200):
        count_minutes(now=now + timedelta(seconds=second))

    assert RailMinute.objects.count() == 2


def test_a_restored_database_is_counted_on(now, begun):
    Watch.objects.update(seen_transaction=2**60)

    count(now=now)
    count(now=now + timedelta(minutes=5))
    count(now=now + timedelta(minutes=10))

    assert Watch.objects.get().counted_until > now


def test_days_are_the_sum_of_their_minutes_and_outlive_them(now, begun):
    account = ProviderAccountFactory()
    noon = now.replace(hour=12)
    for minute in range(3):
        RailMinute.objects.create(
            provider_account_id=account.pk,
            operation="collect",
            minute=minute_of(noon) - timedelta(days=1, minutes=minute),
            sent=10,
            succeeded=9,
            responses=[1] * 12,
        )
    RailMinute.objects.create(
        provider_account_id=account.pk,
        operation="refund",
        minute=minute_of(now - PAST_KEPT - timedelta(minutes=1)),
        responses=[0] * 12,
    )
    Watch.objects.update(summed_until=now - timedelta(days=3))

    tidy(now=now)
    tidy(now=now)

    day = RailDay.objects.get()
    assert (day.sent, day.succeeded, day.responses) == (30, 27, [3] * 12)
    assert RailMinute.objects.count() == 3


def test_it_reads_the_history_by_its_ids(now, begun):
    """However long the history is: a range of the primary key, and the attempts of these moves."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Of a few rows all are read, unless something else can be.
        cursor.execute("SET LOCAL enable_seqscan = off")
        with CaptureQueriesContext(connection) as captured:
            assert count_moves(since=minute_of(now), until=now) == []
        cursor.execute(f"EXPLAIN {captured.captured_queries[-1]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "payments_statuschange_pkey" in plan
    assert "Seq Scan on payments_statuschange" not in plan
