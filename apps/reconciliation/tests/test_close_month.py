"""A closed month stays as two people saw it: no report of it comes or goes until two open it."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from apps.approvals.models import ApprovalRequest
from apps.approvals.services.decide_approval import ApprovalByTheSamePerson, decide_approval
from apps.core.models import OutboxMessage
from apps.reconciliation.models import ClosedMonth, Discrepancy, StatementLine
from apps.reconciliation.services.close_month import MonthNotReady, close_month, month_standing
from apps.reconciliation.services.import_statement import MATCH_TOPIC
from apps.reconciliation.services.lock_months import MonthClosed, _key
from apps.reconciliation.services.reopen_month import MonthOpen, reopen_month
from apps.reconciliation.services.resolve_discrepancy import resolve_discrepancy
from apps.reconciliation.services.withdraw_statement import withdraw_statement
from tests.factories import PaymentFactory, ProviderAccountFactory

from .reports import foreign_line, line_of, match, stage, stage_and_match

pytestmark = pytest.mark.django_db

MARCH = date(2026, 3, 1)
LAST = date(2026, 3, 31)
# Nine in the morning of the account's zone, when the last report is due.
DUE = datetime(2026, 4, 1, 8, 0, tzinfo=UTC)
BY = {"requested_by": "user:1", "approved_by": "user:2", "reason": "Month end.", "now": DUE}


@pytest.fixture
def account():
    """Money on the last two days of March, and their report."""
    account = ProviderAccountFactory()
    noon = datetime(2026, 3, 30, 11, 0, tzinfo=UTC)
    paid = PaymentFactory(account=account, succeeded=True, created_at=noon)
    stage_and_match(account, line_of(paid), foreign_line(), day=LAST, days=2)
    return account


@contextmanager
def held_elsewhere(account, function):
    """As another process holds the account's months."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [_key(account.pk)])
            yield
            # A server notices late that somebody has gone.
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        other.close()


def asked(account, month=MARCH, **changes):
    standing = month_standing(account, month)
    return {
        "account_id": str(account.pk),
        "month": month.isoformat(),
        "statements": standing.statements,
        "digest": standing.digest,
        "open_count": standing.open_count,
        **changes,
    }


def test_no_report_of_a_closed_month_comes_or_goes(account):
    closed = close_month(asked(account), **BY)

    assert (closed.statements, closed.open_count) == (1, 1)
    for day, days in ((LAST, 1), (MARCH, 1), (date(2026, 4, 1), 2)):
        with pytest.raises(MonthClosed):
            stage(account, foreign_line(amount=1), day=day, days=days, now=DUE)
    ada, bob = (User.objects.create_user(name) for name in ("ada", "bob"))
    with pytest.raises(MonthClosed):
        withdraw_statement(
            statement_id=account.statements.get().pk,
            reason="Wrong.",
            requested_by=ada,
            approved_by=bob,
            now=DUE,
        )
    # What is open is decided as before; other months and accounts are free.
    resolve_discrepancy(
        discrepancy_id=Discrepancy.objects.get(kind="unknown_to_us").pk,
        reason="Another shop's.",
        resolved_by=ada,
        now=DUE,
    )
    stage(account, foreign_line(amount=2), day=date(2026, 4, 1), now=DUE + timedelta(days=1))
    stage(ProviderAccountFactory(), foreign_line(amount=3), day=LAST, now=DUE)


def test_two_people_open_it_again(account):
    closed = close_month(asked(account), **BY)
    reopen = {"closed_month_id": str(closed.pk)}

    reopen_month(reopen, **BY)

    stage(account, foreign_line(amount=1), day=LAST, now=DUE)
    with pytest.raises(MonthOpen):
        reopen_month(reopen, **BY)


def test_it_is_closed_once_and_again_after_it_was_opened(account):
    closed = close_month(asked(account), **BY)
    with pytest.raises(MonthClosed):
        close_month(asked(account), **BY)
    reopen_month({"closed_month_id": str(closed.pk)}, **BY)

    close_month(asked(account), **BY)

    assert ClosedMonth.objects.count() == 2


def test_a_month_that_has_not_ended_or_lacks_a_report_is_not_closed(account):
    with pytest.raises(MonthNotReady):
        close_month(asked(account), **BY | {"now": DUE - timedelta(minutes=1)})
    with pytest.raises(MonthNotReady):
        close_month(asked(account, date(2026, 4, 1)), **BY)
    late = datetime(2026, 3, 28, 11, 0, tzinfo=UTC)
    PaymentFactory(account=account, succeeded=True, created_at=late)

    with pytest.raises(MonthNotReady, match="2"):
        close_month(asked(account), **BY)

    stage_and_match(account, "null", day=date(2026, 3, 29), days=2, now=DUE)
    close_month(asked(account), **BY)


def test_a_report_that_was_not_compared_yet_is_waited_for(account):
    statement = stage(account, foreign_line(amount=9), day=LAST, now=DUE)
    with pytest.raises(MonthNotReady):
        close_month(asked(account), **BY)

    match(statement, now=DUE)

    close_month(asked(account), **BY)


@pytest.mark.parametrize("change", [{"statements": 2}, {"digest": "00" * 32}, {"open_count": 0}])
def test_what_is_not_as_it_was_shown_is_not_closed(account, change):
    with pytest.raises(MonthNotReady):
        close_month(asked(account, **change), **BY)


@pytest.mark.parametrize(
    "broken", [{"approved_by": "user:1"}, {"month": date(2026, 3, 2)}], ids=["one", "day"]
)
def test_the_database_itself_refuses_one_person_and_half_a_month(account, broken):
    row = {"requested_by": "user:1", "approved_by": "user:2", "month": MARCH} | broken
    with pytest.raises(IntegrityError), transaction.atomic():
        ClosedMonth.objects.create(
            provider_account=account, statements=0, open_count=0, digest=b"", closed_at=DUE, **row
        )


@pytest.mark.django_db(transaction=True)
def test_a_month_is_not_closed_while_a_report_of_the_account_is_read(account):
    with held_elsewhere(account, "pg_advisory_lock_shared"), pytest.raises(MonthNotReady):
        close_month(asked(account), **BY)
    close_month(asked(account), **BY)


@pytest.mark.django_db(transaction=True)
def test_a_report_does_not_come_while_its_month_is_being_closed(account):
    with held_elsewhere(account, "pg_advisory_lock"), pytest.raises(MonthClosed):
        stage(account, foreign_line(amount=1), day=LAST, now=DUE)
    stage(account, foreign_line(amount=1), day=LAST, now=DUE)


def test_finance_asks_and_another_person_closes_it(account, admin_client, admin_user):
    url = reverse("admin:reconciliation_closedmonth_close_month")
    assert admin_client.get(url).status_code == 200
    said = {"account": account.pk, "month": "2026-03", "reason": "Month end."}

    for month in ("2026-3", "03/2026", ""):
        assert admin_client.post(url, said | {"month": month}).status_code == 200
    assert not ApprovalRequest.objects.exists()
    assert admin_client.post(url, said).status_code == 302

    request = ApprovalRequest.objects.get()
    assert not ClosedMonth.objects.exists()
    ada = User.objects.create_superuser("ada")
    for person, refused in ((admin_user, ApprovalByTheSamePerson), (ada, None)):
        with pytest.raises(refused) if refused else nullcontext():
            decide_approval(
                request_id=request.pk,
                is_approved=True,
                shown_digest=bytes(request.digest),
                decided_by=person,
                now=timezone.now(),
            )
    assert ClosedMonth.objects.get().month == MARCH
    page = admin_client.get(reverse("admin:approvals_approvalrequest_change", args=[request.pk]))
    assert "2026-03" in page.content.decode()


def test_a_later_report_changes_no_line_of_a_closed_month(account):
    paid = PaymentFactory(
        account=account, succeeded=True, created_at=datetime(2026, 4, 1, 11, 0, tzinfo=UTC)
    )
    close_month(asked(account), **BY)
    lines = StatementLine.objects.order_by("line_number")
    before = list(lines.values())
    next_day = date(2026, 4, 1)
    late = {"occurred_at": "2026-03-31T22:30:00+00:00"}
    ours = before[0]

    statement, _ = stage_and_match(
        account,
        line_of(paid),
        foreign_line(
            reference=ours["reference"], provider_reference=ours["provider_reference"], **late
        ),
        foreign_line(amount=99, **late),
        day=next_day,
        now=DUE + timedelta(days=1),
    )

    assert list(lines.filter(statement__day=LAST).values()) == before
    assert list(lines.filter(statement=statement).values_list("match", "reason")) == [
        ("matched", ""),
        ("exception", "duplicate_line"),
        ("exception", "not_found"),
    ]

    reopen_month({"closed_month_id": str(ClosedMonth.objects.get().pk)}, **BY)

    promised = OutboxMessage.objects.filter(topic=MATCH_TOPIC)
    assert [one.payload["statement_id"] for one in promised] == [str(statement.pk)]
    match(statement, now=DUE)
    assert set(lines.filter(statement__day=LAST).values_list("match", flat=True)) == {"superseded"}


@pytest.mark.parametrize("clock", ["behind", "ahead"])
def test_what_came_after_the_closing_is_later_whatever_the_clocks_say(account, clock):
    ours = StatementLine.objects.order_by("line_number")[0]
    amended = foreign_line(
        reference=ours.reference,
        provider_reference=ours.provider_reference,
        occurred_at="2026-03-31T22:30:00+00:00",
    )
    later = {"day": date(2026, 4, 1), "now": DUE + timedelta(days=1)}
    if clock == "behind":
        # It set out before, and waited for the lock.
        close_month(asked(account), **BY | {"now": later["now"] + timedelta(hours=1)})
        stage_and_match(account, amended, **later)
    else:
        # It was compared, and the closing's own clock is behind it.
        stage_and_match(account, amended, **later)
        close_month(asked(account), **BY)
    standing = StatementLine.objects.get(pk=ours.pk).match

    stage_and_match(account, "null", day=date(2026, 4, 2), now=DUE + timedelta(days=2))
    match(account.statements.get(day=date(2026, 4, 1)), now=DUE + timedelta(days=2))

    assert standing == ("matched" if clock == "behind" else "superseded")
    assert StatementLine.objects.get(pk=ours.pk).match == standing


def test_a_report_of_other_days_that_was_not_compared_yet_is_waited_for(account):
    stage(account, foreign_line(amount=9), day=date(2026, 4, 1), now=DUE + timedelta(days=1))

    with pytest.raises(MonthNotReady):
        close_month(asked(account), **BY | {"now": DUE + timedelta(days=1)})


def test_a_report_whose_going_was_not_compared_yet_is_waited_for(account):
    gone, _ = stage_and_match(account, foreign_line(amount=9), day=LAST, now=DUE)
    ada, bob = (User.objects.create_user(name) for name in ("ada", "bob"))
    withdraw_statement(
        statement_id=gone.pk, reason="Wrong.", requested_by=ada, approved_by=bob, now=DUE
    )
    with pytest.raises(MonthNotReady):
        close_month(asked(account), **BY)

    match(gone, now=DUE)

    close_month(asked(account), **BY)
