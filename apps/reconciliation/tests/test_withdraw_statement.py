from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from apps.audit.models import AuditEntry
from apps.core.models import OutboxMessage
from apps.reconciliation.models import Discrepancy, Statement, StatementLine, StatementWithdrawal
from apps.reconciliation.selectors.day_summary import day_summary
from apps.reconciliation.services.match_statement import match_statement
from apps.reconciliation.services.record_decision import ReasonMissing
from apps.reconciliation.services.withdraw_statement import (
    SamePerson,
    StatementWithdrawn,
    withdraw_statement,
)
from tests.factories import PaymentFactory, ProviderAccountFactory

from .reports import DAY, NOON, NOW, foreign_line, line_of, stage, stage_and_match

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def account():
    return ProviderAccountFactory()


@pytest.fixture
def paid(account):
    return PaymentFactory(succeeded=True, account=account, created_at=NOON)


@pytest.fixture
def withdraw():
    maker, checker = (User.objects.create_user(name) for name in ("awa", "moussa"))

    def run(statement, *, is_worked_off=True, **changes):
        OutboxMessage.objects.all().delete()
        chosen = {"reason": "Another account's.", "requested_by": maker, "approved_by": checker}
        withdraw_statement(statement_id=statement.pk, now=LATER, **(chosen | changes))
        if is_worked_off:
            message = OutboxMessage.objects.get(topic="reconciliation.match_statement")
            match_statement(statement_id=message.payload["statement_id"], now=LATER)

    run.maker, run.checker = maker, checker
    return run


def test_neither_lines_nor_discrepancies_of_it_count(account, withdraw, broken):
    statement, _ = stage_and_match(account, foreign_line(), "cut;off")

    withdraw(statement, is_worked_off=False)

    assert not Discrepancy.objects.filter(status="open").exists()
    assert Discrepancy.objects.filter(status="withdrawn").count() == 2
    assert day_summary(provider_account_id=account.pk, day=DAY).lines == 0
    assert statement.lines.count() == 2
    assert broken() == []


def test_who_asked_and_who_approved_is_kept_and_audited(account, withdraw):
    statement, _ = stage_and_match(account, foreign_line())

    withdraw(statement)

    kept = StatementWithdrawal.objects.get()
    assert (kept.statement, kept.reason) == (statement, "Another account's.")
    assert (kept.requested_by, kept.approved_by) == (withdraw.maker, withdraw.checker)
    assert kept.settled_at == LATER
    entry = AuditEntry.objects.get(action="statement.withdraw")
    assert (entry.actor, entry.target) == (f"user:{withdraw.checker.pk}", statement.public_id)
    assert entry.detail["requested_by"] == f"user:{withdraw.maker.pk}"


def test_same_file_may_come_again(account, paid, withdraw, broken):
    lines = [line_of(paid), foreign_line()]
    statement, _ = stage_and_match(account, *lines)
    withdraw(statement)

    again, summary = stage_and_match(account, *lines, now=LATER)

    assert again != statement
    assert (summary.matched, summary.exceptions) == (1, {"unknown_to_us": 1})
    assert broken() == []


def test_lines_of_other_reports_are_matched_again(account, paid, withdraw, broken):
    first, _ = stage_and_match(account, line_of(paid), foreign_line())
    second, _ = stage_and_match(account, line_of(paid), foreign_line(), "null", now=LATER)

    withdraw(first)

    assert list(second.lines.order_by("line_number").values_list("match", flat=True)) == [
        "matched",
        "exception",
    ]
    assert [found.statement for found in Discrepancy.objects.filter(status="open")] == [second]
    assert broken() == []


def test_what_it_superseded_counts_again(account, paid, withdraw, broken):
    first, _ = stage_and_match(account, line_of(paid), foreign_line())
    second, _ = stage_and_match(account, line_of(paid, amount=1), now=LATER)

    withdraw(second)

    assert list(first.lines.order_by("line_number").values_list("match", flat=True)) == [
        "matched",
        "exception",
    ]
    assert [found.kind for found in Discrepancy.objects.filter(status="open")] == ["unknown_to_us"]
    assert broken() == []


def test_payment_that_it_alone_mentioned_is_open_on_its_covered_day(
    account, paid, withdraw, broken
):
    first, _ = stage_and_match(account, foreign_line())
    late = line_of(paid, occurred_at=NOON.replace(hour=23).isoformat())
    second, _ = stage_and_match(account, late, day=DAY + timedelta(days=1))
    assert not Discrepancy.objects.filter(kind="unknown_to_them", status="open").exists()

    withdraw(second)

    found = Discrepancy.objects.get(kind="unknown_to_them", status="open")
    assert (found.statement, found.attempt_id) == (first, paid.attempts.get().pk)
    assert broken() == []


def test_report_not_matched_yet_can_be_withdrawn(account, withdraw, broken):
    statement = stage(account, foreign_line())

    withdraw(statement)

    assert not Discrepancy.objects.exists()
    statement.refresh_from_db()
    assert statement.status == Statement.Status.WITHDRAWN
    assert broken() == []


def test_nobody_withdraws_alone(account, withdraw):
    statement, _ = stage_and_match(account, foreign_line())

    with pytest.raises(SamePerson):
        withdraw(statement, approved_by=withdraw.maker)

    statement.refresh_from_db()
    assert statement.status == Statement.Status.MATCHED
    assert Discrepancy.objects.get().status == "open"
    assert not StatementWithdrawal.objects.exists()


def test_the_database_refuses_one_person_too(account, withdraw):
    statement, _ = stage_and_match(account, foreign_line())

    with pytest.raises(IntegrityError), transaction.atomic():
        StatementWithdrawal.objects.create(
            statement=statement,
            reason="Alone.",
            requested_by=withdraw.maker,
            approved_by=withdraw.maker,
            withdrawn_at=NOW,
        )


@pytest.mark.parametrize("reason", ["", " \n", "x" * 301])
def test_without_a_reason_nothing_is_withdrawn(account, withdraw, reason):
    statement, _ = stage_and_match(account, foreign_line())

    with pytest.raises(ReasonMissing):
        withdraw(statement, reason=reason)

    assert not StatementWithdrawal.objects.exists()


def test_withdrawn_once_is_enough(account, withdraw):
    statement, _ = stage_and_match(account, foreign_line())
    withdraw(statement)

    with pytest.raises(StatementWithdrawn):
        withdraw(statement)

    assert StatementLine.objects.count() == StatementWithdrawal.objects.count() == 1
