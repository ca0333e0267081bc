from datetime import timedelta
from threading import Event, Thread

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.core.models import OutboxMessage
from apps.orchestration.models import Attempt
from apps.reconciliation.models import Discrepancy, StatementLine
from apps.reconciliation.services.match_statement import match_statement
from apps.reconciliation.services.resolve_discrepancy import resolve_discrepancy
from tests.factories import PaymentFactory, ProviderAccountFactory

from .reports import DAY, NOON, NOW, foreign_line, line_of, stage_and_match

pytestmark = pytest.mark.django_db

ONE_DAY = timedelta(days=1)
ASK = "reconciliation.ask_provider"


@pytest.fixture
def account():
    return ProviderAccountFactory()


@pytest.fixture
def paid(account):
    return PaymentFactory(succeeded=True, account=account, created_at=NOON)


def open_kinds(**of):
    return sorted(Discrepancy.objects.filter(status="open", **of).values_list("kind", flat=True))


def test_line_that_agrees_is_matched(account, paid, broken):
    statement, summary = stage_and_match(account, line_of(paid))

    line = statement.lines.get()
    assert (line.match, line.attempt_id) == (StatementLine.Match.MATCHED, paid.attempts.get().pk)
    assert (summary.lines, summary.matched, summary.exceptions) == (1, 1, {})
    assert broken() == []


def test_line_without_our_reference_is_found_by_theirs(account, paid):
    _, summary = stage_and_match(account, line_of(paid, reference=""))

    assert summary.matched == 1


def test_failed_on_both_sides_is_matched(account):
    payment = PaymentFactory(failed=True, account=account, created_at=NOON)

    _, summary = stage_and_match(account, line_of(payment))

    assert (summary.matched, summary.exceptions) == (1, {})


@pytest.mark.parametrize(
    ("changes", "kind", "ours", "theirs"),
    [
        ({"amount": 5100}, "amount_differs", 5000, 5100),
        ({"currency": "XOF"}, "currency_differs", 5000, 5000),
        ({"outcome": "failed"}, "status_differs", 5000, 5000),
    ],
)
def test_difference_is_an_exception(account, paid, broken, changes, kind, ours, theirs):
    statement, summary = stage_and_match(account, line_of(paid, **changes), foreign_line())

    assert summary.exceptions == {kind: 1, "unknown_to_us": 1}
    found = Discrepancy.objects.get(kind=kind)
    assert (found.our_amount, found.their_amount) == (ours, theirs)
    assert found.line == statement.lines.get(line_number=1)
    assert found.attempt_id == paid.attempts.get().pk
    assert not OutboxMessage.objects.filter(topic=ASK).exists()
    assert broken() == []


def test_movement_that_is_not_ours_is_unknown_to_us(account, broken):
    _, summary = stage_and_match(account, foreign_line())

    assert summary.exceptions == {"unknown_to_us": 1}
    assert broken() == []


def test_attempt_of_another_account_is_not_found(account, paid):
    other = PaymentFactory(succeeded=True, created_at=NOON)

    _, summary = stage_and_match(account, line_of(paid), line_of(other))

    assert summary.exceptions == {"unknown_to_us": 1}


def test_unreadable_line_is_an_exception_with_its_reason(account, paid, broken):
    _, summary = stage_and_match(account, line_of(paid), "cut;off")

    assert summary.exceptions == {"unreadable_line": 1}
    found = Discrepancy.objects.get()
    assert (found.line.line_number, found.detail) == (2, "not JSON")
    assert broken() == []


def test_rows_doubled_are_duplicates(account, paid, broken):
    statement, summary = stage_and_match(account, line_of(paid), line_of(paid))

    assert (summary.matched, summary.exceptions) == (1, {"duplicate_line": 1})
    assert statement.lines.get(line_number=1).match == StatementLine.Match.MATCHED
    assert broken() == []


def test_second_movement_for_one_instruction_is_a_duplicate(account, paid, broken):
    """The provider took the money twice, under two references of its own."""
    _, summary = stage_and_match(
        account, line_of(paid), line_of(paid, provider_reference="TX-again")
    )

    assert (summary.matched, summary.exceptions) == (1, {"duplicate_line": 1})
    assert broken() == []


@pytest.mark.parametrize("moment", ["submitted", "verifying"])
@pytest.mark.parametrize("outcome", ["succeeded", "failed"])
def test_open_attempt_they_have_closed_is_asked_about_once(account, moment, outcome):
    payment = PaymentFactory(**{moment: True}, account=account, created_at=NOON)

    statement, summary = stage_and_match(account, line_of(payment, outcome=outcome))
    again = match_statement(statement_id=statement.pk, now=NOW)

    assert (summary.exceptions, summary.asked) == ({"status_differs": 1}, 1)
    assert again.asked == 0
    assert OutboxMessage.objects.get(topic=ASK).payload == {
        "attempt_id": str(payment.attempts.get().pk),
        "discrepancy_id": str(Discrepancy.objects.get().pk),
    }


@pytest.mark.parametrize("path", [["submitted", "pending", "failed"], ["submitted", "not_sent"]])
def test_final_attempt_they_report_paid_is_opened_and_asked_about(account, path):
    payment = PaymentFactory(attempt_path=path, account=account, created_at=NOON)

    _, summary = stage_and_match(account, line_of(payment, outcome="succeeded"))

    assert (summary.exceptions, summary.asked) == ({"status_differs": 1}, 1)
    assert OutboxMessage.objects.get(topic=ASK).payload["attempt_id"] == str(
        payment.attempts.get().pk
    )


def test_payment_no_statement_mentions_is_unknown_to_them(account, paid, broken):
    statement, summary = stage_and_match(account, foreign_line())

    assert summary.exceptions == {"unknown_to_them": 1, "unknown_to_us": 1}
    found = Discrepancy.objects.get(kind="unknown_to_them")
    assert (found.attempt_id, found.our_amount) == (paid.attempts.get().pk, 5000)
    assert (found.line, found.statement) == (None, statement)
    assert broken() == []


@pytest.mark.parametrize(
    ("completed_at", "is_of_the_day"),
    [
        # Midnight in Douala is 23:00 UTC.
        (NOON.replace(hour=22, minute=59, second=59), True),
        (NOON.replace(hour=23, minute=0), False),
        (NOON.replace(hour=23, minute=0) - ONE_DAY, True),
        (NOON.replace(hour=22, minute=59, second=59) - ONE_DAY, False),
    ],
)
def test_day_is_that_of_the_provider(account, completed_at, is_of_the_day):
    PaymentFactory(succeeded=True, account=account, created_at=completed_at)

    _, summary = stage_and_match(account, foreign_line())

    assert summary.exceptions.get("unknown_to_them", 0) == is_of_the_day


def test_late_line_of_the_day_before_repairs(account, paid, broken):
    first, _ = stage_and_match(account, foreign_line())

    _, summary = stage_and_match(account, line_of(paid), day=DAY + ONE_DAY)

    assert summary.repaired == 1
    assert open_kinds() == ["unknown_to_us"]
    found = Discrepancy.objects.get(kind="unknown_to_them")
    assert (found.status, found.closed_at) == (Discrepancy.Status.REPAIRED, NOW + ONE_DAY)
    assert match_statement(statement_id=first.pk, now=NOW).opened == 0
    assert broken() == []


def test_twice_is_once(account, paid, broken):
    lines = [line_of(paid, amount=1), line_of(paid), foreign_line(), "cut;off"]
    statement, first = stage_and_match(account, *lines)
    before = list(Discrepancy.objects.order_by("id").values())

    second = match_statement(statement_id=statement.pk, now=NOW)

    assert (second.opened, second.repaired, second.asked) == (0, 0, 0)
    assert (second.matched, second.exceptions) == (first.matched, first.exceptions)
    assert list(Discrepancy.objects.order_by("id").values()) == before
    assert broken() == []


def test_what_no_longer_holds_is_closed_and_what_holds_again_opens_again(account, broken):
    payment = PaymentFactory(submitted=True, account=account, created_at=NOON)
    attempts = Attempt.objects.filter(owner_id=payment.pk)
    statement, _ = stage_and_match(account, line_of(payment))

    attempts.update(status="succeeded")
    repaired = match_statement(statement_id=statement.pk, now=NOW)
    attempts.update(status="pending")
    reopened = match_statement(statement_id=statement.pk, now=NOW)

    assert (repaired.matched, repaired.repaired, repaired.exceptions) == (1, 1, {})
    assert (reopened.matched, reopened.opened) == (0, 1)
    assert list(Discrepancy.objects.order_by("id").values_list("status", flat=True)) == [
        "repaired",
        "open",
    ]


def test_next_statement_closes_what_polling_settled(account):
    payment = PaymentFactory(submitted=True, account=account, created_at=NOON)
    first, _ = stage_and_match(account, line_of(payment))
    Attempt.objects.filter(owner_id=payment.pk).update(status="succeeded")

    _, summary = stage_and_match(account, foreign_line(), day=DAY + ONE_DAY)

    assert summary.repaired == 1
    assert first.lines.get().match == StatementLine.Match.MATCHED


def test_resolved_discrepancy_stays_resolved(account, broken):
    statement, _ = stage_and_match(account, foreign_line())
    resolve_discrepancy(
        discrepancy_id=Discrepancy.objects.get().pk,
        reason="Another shop's.",
        resolved_by=User.objects.create_user("awa"),
        now=NOW,
    )

    summary = match_statement(statement_id=statement.pk, now=NOW)

    assert (summary.opened, summary.exceptions) == (0, {})
    assert broken() == []


@pytest.mark.parametrize(
    ("fee", "differs"), [(50, False), (51, False), (49, False), (52, True), (0, True)]
)
def test_fee_is_compared_with_the_agreed_cost(fee, differs, broken):
    account = ProviderAccountFactory(cost=100)
    payment = PaymentFactory(succeeded=True, account=account, created_at=NOON)
    other = PaymentFactory(succeeded=True, account=account, created_at=NOON)

    _, summary = stage_and_match(account, line_of(payment, fee=fee), line_of(other, fee=50))

    assert summary.exceptions == ({"fee_differs": 1} if differs else {})
    if differs:
        found = Discrepancy.objects.get()
        assert (found.our_amount, found.their_amount) == (50, fee)
    assert broken() == []


def test_report_without_fees_is_not_compared():
    account = ProviderAccountFactory(cost=100)
    payment = PaymentFactory(succeeded=True, account=account, created_at=NOON)

    _, summary = stage_and_match(account, line_of(payment, fee=0))

    assert summary.matched == 1


def test_queries_do_not_grow_with_lines(account):
    def queries(count, day):
        lines = [foreign_line(provider_reference=f"{day}-{n}") for n in range(count)]
        with CaptureQueriesContext(connection) as captured:
            stage_and_match(account, *lines, day=day)
        return len(captured)

    queries(1, DAY)

    assert queries(2, DAY + ONE_DAY) == queries(200, DAY + 2 * ONE_DAY)


@pytest.mark.django_db(transaction=True)
def test_account_can_be_closed_while_its_report_is_matched():
    account = ProviderAccountFactory()
    statement, _ = stage_and_match(account, foreign_line())
    closed = []

    def close():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1s'")
        type(account).objects.filter(pk=account.pk).update(is_active=False)
        closed.append(account.pk)
        connection.close()

    with transaction.atomic():
        match_statement(statement_id=statement.pk, now=NOW)
        thread = Thread(target=close)
        thread.start()
        thread.join()

    assert closed == [account.pk]


@pytest.mark.django_db(transaction=True)
def test_who_comes_second_waits_longer_than_the_traffic_may():
    account = ProviderAccountFactory()
    statement, _ = stage_and_match(account, foreign_line())
    begun, summaries = Event(), []

    def match():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1ms'")
        begun.set()
        summaries.append(match_statement(statement_id=statement.pk, now=NOW))
        connection.close()

    with transaction.atomic():
        match_statement(statement_id=statement.pk, now=NOW)
        thread = Thread(target=match)
        thread.start()
        begun.wait()
        # Until it stands in the queue.
        with connection.cursor() as cursor:
            for _ in range(2000):
                cursor.execute(
                    "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
                    " WHERE NOT granted AND datname = current_database()"
                )
                if cursor.fetchone()[0] or not thread.is_alive():
                    break
                cursor.execute("SELECT pg_sleep(0.01)")
        assert summaries == []
    thread.join()

    assert [summary.exceptions for summary in summaries] == [{"unknown_to_us": 1}]
