"""What providers charge beside what was agreed: counted once, tried against any rule, watched."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.providers.models import ProviderAccount
from apps.reconciliation.models import FeeFigures, StatementFigures, StatementLine
from apps.reconciliation.selectors.find_fee_drift import find_fee_drift
from apps.reconciliation.services.count_changed_statements import count_changed_statements
from apps.reconciliation.services.withdraw_statement import withdraw_statement
from apps.reconciliation.tests.reports import DAY, NOON, NOW, foreign_line, line_of, stage_and_match
from apps.reporting.selectors import read_fee_variance as reading
from apps.reporting.selectors.read_fee_variance import AMOUNT_MAX, FeeRule, read_fee_variance
from config.alert_sources import ALERT_SOURCES
from tests.factories import PaymentFactory, ProviderAccountFactory
from tests.reporting.test_report_page import staff
from tests.tries import examples

__all__ = ["staff"]

pytestmark = pytest.mark.django_db

PAGE = "/admin/reconciliation/feefigures/"
VIEWS = ("view_feefigures", "view_discrepancy", "view_statementline")
WANTED = {**ALERT_SOURCES["fee_drift"].parameters, "includes_test": True}


def read(**question):
    return read_fee_variance(
        ProviderAccount.objects.all(), FeeFigures.objects.all(), first=DAY, **question
    )


def paid_of(account, amount=5000):
    return PaymentFactory(succeeded=True, account=account, created_at=NOON, fee=0, amount=amount)


class AnyFees(TestCase):
    @settings(max_examples=examples(2))
    @given(
        charged=st.lists(
            st.tuples(st.integers(100, 90_000), st.integers(-2, 3)), min_size=1, max_size=4
        ),
        cost=st.sampled_from([0, 100, 175]),
        rule=st.builds(
            FeeRule, st.integers(0, 500), st.integers(0, 90), st.integers(0, 60),
            st.sampled_from([None, 60, 200]),
        ),
    )  # fmt: skip
    def test_the_sums_are_those_of_the_lines_one_by_one(self, charged, cost, rule):
        account = ProviderAccountFactory(cost=cost)
        agreed = [(amount * cost + 5000) // 10000 for amount, _ in charged]
        fees = [one + more for one, (_, more) in zip(agreed, charged, strict=True)]
        lines = [
            line_of(paid_of(account, amount), fee=fee)
            for (amount, _), fee in zip(charged, fees, strict=True)
        ]
        # Neither of these is judged by its fee.
        odd = line_of(paid_of(account), amount=1, fee=9)
        stage_and_match(account, *lines, odd, foreign_line(fee=70))

        [row] = read(simulated=rule).rows

        assert (row.operation, row.lines, row.charged) == ("collect", len(lines), sum(fees))
        assert row.amount == sum(amount for amount, _ in charged)
        if cost:
            assert row.agreed == sum(agreed)
            assert row.differing == sum(abs(more) > 1 for _, more in charged)
            assert row.difference == sum(more for _, more in charged)
        else:
            assert (row.agreed, row.differing, row.difference) == (None, 0, None)
        highest = 10**15 if rule.highest is None else rule.highest
        assert row.simulated == sum(
            min(
                max((amount * rule.basis_points + 5000) // 10000 + rule.fixed, rule.lowest),
                highest,
            )
            for amount, _ in charged
        )


@pytest.mark.parametrize("more", [[], ["cut off"]])
def test_a_report_without_fees_says_nothing_of_them(more):
    account = ProviderAccountFactory(cost=100)
    stage_and_match(account, line_of(paid_of(account)), *more)

    assert read().rows == []


def test_a_withdrawn_report_counts_no_more():
    account = ProviderAccountFactory(cost=100)
    statement, _ = stage_and_match(account, line_of(paid_of(account), fee=90))
    assert [row.difference for row in read().rows] == [40]
    asker, other = (User.objects.create_user(name) for name in ("asker", "other"))

    withdraw_statement(
        statement_id=statement.pk, reason="Wrong.", requested_by=asker, approved_by=other, now=NOW
    )

    assert read().rows == []


def test_fees_counted_as_a_report_comes_are_those_counted_again():
    account = ProviderAccountFactory(cost=100)
    fees = (50, 51, 90)
    lines = [line_of(paid_of(account), fee=fee, kind="collect") for fee in fees]
    stage_and_match(account, *lines, line_of(paid_of(account), fee=50), foreign_line(fee=3))
    kept = ("operation", "currency", "lines", "differing", "amount", "charged", "expected")
    first = list(FeeFigures.objects.values_list(*kept))

    StatementFigures.objects.update(changed_at=NOW)

    assert count_changed_statements(now=NOW) == 1
    assert list(FeeFigures.objects.values_list(*kept)) == first
    assert first == [("collect", "XAF", 4, 1, 20_000, 241, 200)]


def test_a_line_that_an_older_one_brings_back_counts_its_fee_once():
    account = ProviderAccountFactory(cost=100)
    payment = paid_of(account)
    theirs = payment.attempts.get().provider_reference
    payment.attempts.update(provider_reference="")
    # It failed first, by a name that was not known to us then.
    stage_and_match(
        account, foreign_line(reference="", provider_reference=theirs, outcome="failed")
    )
    payment.attempts.update(provider_reference=theirs)

    paid = line_of(payment, provider_reference="of the second try", fee=50)
    later = DAY + timedelta(days=1)
    stage_and_match(account, paid, day=later)

    assert [row.lines for row in read().rows] == [1]


def test_reports_of_before_there_were_fees_in_numbers_are_counted():
    account = ProviderAccountFactory(cost=100)
    stage_and_match(account, line_of(paid_of(account), fee=90))
    FeeFigures.objects.all().delete()
    StatementFigures.objects.update(are_fees_counted=False)

    assert count_changed_statements(now=NOW) == 1
    assert [row.charged for row in read().rows] == [90]
    assert count_changed_statements(now=NOW) == 0


def test_what_is_too_much_to_try_is_said(monkeypatch, staff):
    account = ProviderAccountFactory()
    today = timezone.now().date()
    paid = PaymentFactory(succeeded=True, account=account, fee=0)
    stage_and_match(account, line_of(paid, fee=5), day=today)
    monkeypatch.setattr(reading, "SIMULATED_LINES_MAX", 0)

    assert read(simulated=FeeRule(1)).too_many == 1
    page = staff(permissions=VIEWS).get(PAGE, {"mode": "test", "fixed": 1, "file": "csv"})
    assert page.context["too_many"] == "1"


MANY = """
INSERT INTO reconciliation_statementline (id, statement_id, line_number, {columns})
SELECT gen_random_uuid(), statement_id, line_number + number, {columns}
  FROM reconciliation_statementline, generate_series(1, 10000) number
"""


def test_whatever_is_tried_has_a_result(staff):
    account = ProviderAccountFactory()
    paid = PaymentFactory(succeeded=True, account=account, fee=0)
    stage_and_match(account, line_of(paid, fee=5), day=timezone.now().date())
    rest = {"id", "statement_id", "line_number"}
    columns = {field.column for field in StatementLine._meta.concrete_fields} - rest
    with connection.cursor() as cursor:
        cursor.execute(MANY.format(columns=", ".join(sorted(columns))))

    answer = staff(permissions=VIEWS).get(
        PAGE, {"mode": "test", "fixed": AMOUNT_MAX, "file": "csv"}
    )

    [row] = csv.DictReader(StringIO(answer.content.decode("utf-8-sig")))
    assert int(row["simulated"]) == 10_001 * AMOUNT_MAX


def drifts(**wanted):
    return list(find_fee_drift({**WANTED, "amount_min": 10, **wanted}, NOW))


def test_fees_that_drift_from_the_agreement_wake_somebody():
    account = ProviderAccountFactory(label="MTN one", cost=100)
    stage_and_match(account, line_of(paid_of(account), fee=50))
    assert drifts() == []
    next_day = DAY + timedelta(days=1)
    stage_and_match(
        account, line_of(paid_of(account), fee=50), line_of(paid_of(account), fee=70), day=next_day
    )

    [found] = drifts()

    assert found.facts == {
        "account": "MTN one",
        "day": next_day.isoformat(),
        "charged": "120 XAF",
        "agreed": "100 XAF",
        "lines": 1,
    }
    assert ALERT_SOURCES["fee_drift"].sentence % found.facts
    # 20 of 100: neither bound is passed by what reaches it in part.
    assert drifts(fee_share=0.2) == []
    assert drifts(amount_min=21) == []
    assert drifts(includes_test=False) == []
    later = NOW + timedelta(days=30)
    assert list(find_fee_drift({**WANTED, "amount_min": 10}, later)) == []


def test_a_role_sees_the_fees_of_its_own_accounts_alone(staff):
    today = timezone.now().date()
    for label, country in (("MTN here", "CM"), ("MTN there", "GA")):
        account = ProviderAccountFactory(label=label, country=country, cost=100)
        paid = PaymentFactory(succeeded=True, account=account, fee=0, amount=5000)
        stage_and_match(account, line_of(paid, fee=90), day=today)
    client = staff(countries=["CM"], permissions=VIEWS)

    question = {"mode": "test", "basis_points": 200}
    page = client.get(PAGE, question).content.decode()
    file = client.get(PAGE, {**question, "file": "csv"})

    [row] = csv.DictReader(StringIO(file.content.decode("utf-8-sig")))
    assert (row["label"], row["charged"], row["agreed"], row["difference"], row["simulated"]) == (
        "MTN here", "90", "50", "40", "100",
    )  # fmt: skip
    assert "MTN here" in page
    assert "MTN there" not in page
    assert "reason=fee_differs" in page
    assert staff(permissions=("view_statementfigures",)).get(PAGE).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        {"basis_points": "-1"}, {"fixed": "x"}, {"operation": "y"}, {"lowest": "5", "highest": "4"},
        {"fixed": "9" * 40}, {"highest": "5"},
    ],
)  # fmt: skip
def test_a_rule_that_is_none_is_not_tried(staff, query):
    assert staff(permissions=VIEWS).get(PAGE, query).status_code == 200


def test_the_page_reads_no_line_unless_a_rule_is_tried(staff):
    client = staff(permissions=VIEWS)
    today = timezone.now().date()

    def queries(**question):
        with CaptureQueriesContext(connection) as found:
            assert client.get(PAGE, {"mode": "test", **question}).status_code == 200
        return [one["sql"] for one in found]

    def report():
        account = ProviderAccountFactory(cost=100)
        paid = PaymentFactory(succeeded=True, account=account, fee=0, amount=5000)
        stage_and_match(account, line_of(paid, fee=90), day=today)

    report()
    queries()
    before = queries()
    report()
    report()
    after = queries()

    assert len(after) == len(before)
    assert not [sql for sql in after if "reconciliation_statementline" in sql]
    assert [sql for sql in queries(fixed=1) if "reconciliation_statementline" in sql]
