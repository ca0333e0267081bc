"""What a discrepancy may cost: one rule, wherever it is opened."""

import pytest
from django.db import connection

from apps.reconciliation.models import Discrepancy, StatementLine
from apps.reconciliation.rules.value_at_risk import VALUE_AT_RISK
from tests.factories import PaymentFactory, ProviderAccountFactory

from .reports import NOON, foreign_line, line_of, stage_and_match

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return ProviderAccountFactory(cost=100)


def paid(account):
    return PaymentFactory(succeeded=True, account=account, created_at=NOON)


@pytest.mark.parametrize(
    ("kind", "lines", "value"),
    [
        ("unknown_to_us", lambda _paid: [foreign_line()], -700),
        ("unknown_to_us", lambda _paid: [foreign_line(outcome="failed")], 0),
        ("unknown_to_us", lambda _paid: [foreign_line(amount=-700)], 700),
        ("unknown_to_us", lambda _paid: [foreign_line(kind="disburse")], 700),
        ("unknown_to_them", lambda _paid: ["null"], 5_000),
        ("amount_differs", lambda paid: [line_of(paid, amount=4_900)], 100),
        ("amount_differs", lambda paid: [line_of(paid, amount=5_100)], -100),
        (
            "currency_differs",
            lambda paid: [line_of(paid, currency="XOF"), *(foreign_line(amount=n) for n in (1, 2))],
            0,
        ),
        ("status_differs", lambda paid: [line_of(paid, outcome="failed")], 5_000),
        ("fee_differs", lambda paid: [line_of(paid, fee=70)], 20),
        ("fee_differs", lambda paid: [line_of(paid, fee=10)], -40),
        ("duplicate_line", lambda paid: [line_of(paid, fee=50)] * 2, -5_000),
        ("unreadable_line", lambda _paid: ["cut;off", foreign_line()], 0),
    ],
)
def test_what_is_lost_is_above_zero_and_what_is_owed_below(account, kind, lines, value):
    stage_and_match(account, *lines(paid(account)))

    assert Discrepancy.objects.get(kind=kind).value_at_risk == value


def test_money_that_we_closed_as_not_paid_and_they_have_is_owed(account):
    failed = PaymentFactory(failed=True, account=account, created_at=NOON)
    stage_and_match(account, line_of(failed, outcome="succeeded"))

    assert Discrepancy.objects.get().value_at_risk == -5_000


def test_value_follows_the_amounts(account):
    stage_and_match(account, line_of(paid(account), amount=4_900))
    StatementLine.objects.update(amount=4_000)

    Discrepancy.objects.update(their_amount=4_000)

    assert Discrepancy.objects.get().value_at_risk == 1_000


def test_the_database_has_the_rule_as_it_is_written_here():
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'reconciliation_value_at_risk'")
        (source,) = cursor.fetchone()

    assert source.strip() in VALUE_AT_RISK
