"""How much of what providers report agrees: counted once, shown from what was counted."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.audit.models import AuditEntry
from apps.providers.models import ProviderAccount
from apps.reconciliation.models import Discrepancy, Statement, StatementFigures, StatementLine
from apps.reconciliation.services.count_changed_statements import count_changed_statements
from apps.reconciliation.services.match_by_hand import match_by_hand
from apps.reconciliation.services.match_line import match_line
from apps.reconciliation.services.withdraw_statement import withdraw_statement
from apps.reconciliation.tests.reports import (
    DAY,
    NOON,
    NOW,
    foreign_line,
    line_of,
    match,
    stage_and_match,
)
from apps.reconciliation.tests.test_desk_decisions import matching
from apps.reporting.selectors.read_reconciliation import Agreement, read_reconciliation
from tests.factories import PaymentFactory, ProviderAccountFactory
from tests.reporting.test_report_page import staff
from tests.tries import examples

__all__ = ["staff"]

pytestmark = pytest.mark.django_db

PAGE = "/admin/reconciliation/statementfigures/"
VIEWS = ("view_statementfigures", "view_discrepancy")


def read(*, first=DAY, now=NOW):
    everything = (ProviderAccount, StatementFigures, Discrepancy)
    return read_reconciliation(*(one.objects.all() for one in everything), first=first, now=now)


def counted(statement):
    """As anybody would, line by line."""
    lines = list(StatementLine.objects.filter(statement=statement))
    return Agreement(
        matched=sum(line.match == "matched" for line in lines),
        by_hand=sum(line.match == "matched" and line.matched_by == "by_hand" for line in lines),
        exceptions=sum(line.match == "exception" for line in lines),
    )


def kept(figures):
    return Agreement(figures.matched, figures.by_hand, figures.exceptions)


def yesterday():
    return datetime.now(tz=UTC).date() - timedelta(days=1)


class AnyReports(TestCase):
    @settings(max_examples=examples(2))
    @given(
        reports=st.lists(
            st.tuples(
                st.lists(st.integers(0, 3), max_size=4),
                st.sampled_from([5000, 4999]),
                st.sampled_from(["keep", "withdraw", "hand", "line"]),
            ),
            min_size=1,
            max_size=3,
        )
    )
    def test_what_is_counted_is_what_the_lines_say_whatever_comes_after(self, reports):
        account = ProviderAccountFactory()
        payments = [
            PaymentFactory(succeeded=True, account=account, created_at=NOON, fee=0)
            for _ in range(4)
        ]
        awa, binta = (User.objects.get_or_create(username=name)[0] for name in ("awa", "binta"))
        for number, (named, amount, then) in enumerate(reports):
            now = NOW + timedelta(minutes=number)
            lines = [line_of(payments[n], amount=amount) for n in dict.fromkeys(named)]
            statement, summary = stage_and_match(
                account, foreign_line(provider_reference=f"TX-{number}", amount=5000), *lines,
                now=now,
            )  # fmt: skip
            assert summary.matched == counted(statement).matched
            foreign = Discrepancy.objects.get(line__provider_reference=f"TX-{number}")
            if then == "withdraw":
                withdraw_statement(
                    statement_id=statement.pk, reason="Wrong.", requested_by=awa,
                    approved_by=binta, now=now,
                )  # fmt: skip
                match(statement, now=now)
            elif then == "hand" and not StatementLine.objects.filter(matched_by="by_hand"):
                # Of a payment that no report names.
                other = PaymentFactory(succeeded=True, account=account, created_at=NOON, fee=0)
                match_by_hand(
                    matching(foreign, other), reason="Seen.", requested_by=f"user:{awa.pk}",
                    approved_by=f"user:{binta.pk}", now=now,
                )  # fmt: skip
            elif then == "line":
                match_line(statement_id=statement.pk, line_id=foreign.line_id, now=now)
            # What is not said to be out of date is right, at any time.
            for figures in StatementFigures.objects.filter(changed_at=None):
                assert kept(figures) == counted(figures.statement_id)

        count_changed_statements(now=NOW)

        assert not StatementFigures.objects.filter(changed_at__isnull=False)
        in_force = Statement.objects.exclude(status="withdrawn")
        expected = sum((counted(one) for one in in_force), Agreement())
        found = read()
        assert sum((row.agreement for row in found.rows), Agreement()) == expected
        assert sum((one for _day, one in found.days), Agreement()) == expected
        assert found.uncounted == 0


def test_a_line_changed_by_a_later_report_is_counted_again():
    account = ProviderAccountFactory()
    paid = PaymentFactory(succeeded=True, account=account, created_at=NOON, fee=0)
    first, _ = stage_and_match(account, line_of(paid))
    stage_and_match(account, line_of(paid, amount=1))

    assert StatementFigures.objects.get(pk=first.pk).changed_at is not None
    assert read().uncounted == 1
    assert count_changed_statements(now=NOW) == 1
    assert count_changed_statements(now=NOW) == 0
    assert kept(StatementFigures.objects.get(pk=first.pk)) == counted(first)


def test_statements_of_before_there_were_figures_are_counted():
    account = ProviderAccountFactory()
    paid = PaymentFactory(succeeded=True, account=account, created_at=NOON, fee=0)
    statement, _ = stage_and_match(account, line_of(paid), foreign_line())
    StatementFigures.objects.all().delete()

    assert count_changed_statements(now=NOW) == 1
    [row] = read().rows
    assert row.agreement == counted(statement) == Agreement(matched=1, exceptions=1)
    assert (row.agreement.matched_basis_points, row.agreement.by_pass_basis_points) == (5000, 10000)


def test_what_is_open_is_told_by_age_currency_and_value():
    account = ProviderAccountFactory(label="MTN one")
    stage_and_match(
        account,
        foreign_line(),
        foreign_line(provider_reference="TX-2", amount=90, currency="XOF"),
        foreign_line(provider_reference="TX-3", amount=10),
        "cut;off",
    )
    lines = Discrepancy.objects.filter(kind="unknown_to_us").order_by("-their_amount")
    old, west, later = lines
    Discrepancy.objects.filter(pk=old.pk).update(opened_at=NOW - timedelta(days=30))
    Discrepancy.objects.filter(pk=west.pk).update(opened_at=NOW - timedelta(days=3))
    Discrepancy.objects.filter(pk=later.pk).update(expected_until=NOW.date() + timedelta(days=2))
    Discrepancy.objects.create(
        kind="missing_statement", provider_account=account, day=DAY, opened_at=NOW
    )

    home, abroad = read(now=NOW + timedelta(seconds=1)).rows

    # A line that nobody can read has no currency: it is the account's.
    assert (home.currency, home.open, dict(home.ages)) == ("XAF", 2, {3: 1, 0: 1})
    assert (home.lost, home.owed, home.missing) == (0, -700, 1)
    assert (abroad.currency, dict(abroad.ages), abroad.owed) == ("XOF", {1: 1}, -90)
    assert abroad.agreement == Agreement()


def test_a_role_sees_the_figures_of_its_own_accounts_alone(staff):
    ours = ProviderAccountFactory(label="MTN here", country="CM")
    theirs = ProviderAccountFactory(label="MTN there", country="GA")
    for account in (ours, theirs):
        stage_and_match(account, foreign_line(), "cut;off", day=yesterday())
    client = staff(countries=["CM"], permissions=VIEWS)

    page = client.get(PAGE, {"mode": "test"})
    file = client.get(PAGE, {"mode": "test", "file": "csv"})
    asked = client.get(PAGE, {"mode": "test", "account": str(theirs.pk), "file": "csv"})

    assert "MTN here" in page.content.decode()
    rows = list(csv.DictReader(StringIO(file.content.decode("utf-8-sig"))))
    [row] = rows
    assert (row["label"], row["lines"], row["exceptions"], row["open"]) == (
        "MTN here",
        "2",
        "2",
        "2",
    )
    assert (row["value_at_risk"], row["value_owed"]) == ("0", "-700")
    # It is not among those that can be named, and no file is made of less than was asked for.
    for answer in (page, asked):
        assert "MTN there" not in answer.content.decode()
    assert asked.context["form"].errors
    assert AuditEntry.objects.filter(action="report.export").count() == 1
    assert staff(permissions=("view_discrepancy",)).get(PAGE).status_code == 403


@pytest.mark.parametrize("query", [{"days": "8"}, {"days": "x"}, {"mode": "y"}, {"account": "z"}])
def test_a_question_that_is_none_is_left_out(staff, query):
    answer = staff(permissions=VIEWS).get(PAGE, query)

    assert answer.status_code == 200


def test_the_page_reads_no_line_however_many_there_are(staff):
    account = ProviderAccountFactory()
    stage_and_match(account, foreign_line(), day=yesterday())
    client = staff(permissions=VIEWS)

    def queries():
        with CaptureQueriesContext(connection) as found:
            assert client.get(PAGE, {"mode": "test"}).status_code == 200
        return [one["sql"] for one in found]

    queries()
    before = queries()
    for number in range(3):
        more = [foreign_line(provider_reference=f"T{number}-{n}") for n in range(5)]
        stage_and_match(ProviderAccountFactory(), *more, day=yesterday())
    after = queries()

    assert len(after) == len(before)
    assert not [sql for sql in after if "reconciliation_statementline" in sql]
