"""What is spared the whole comparison stands as that would have it."""

import pytest
from django.db import connection

from apps.reconciliation.models import Discrepancy, StatementLine
from apps.reconciliation.services.match_statement import match_statement
from tests.factories import PaymentFactory, ProviderAccountFactory

from .reports import NOON, NOW, line_of, stage_and_match

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return ProviderAccountFactory()


@pytest.fixture
def paid(account):
    return PaymentFactory.create_batch(2, succeeded=True, account=account, created_at=NOON)


def kept():
    return [list(model.objects.order_by("id").values()) for model in (Discrepancy, StatementLine)]


def stands_as_compared(statement):
    """Matched again, which is the whole comparison, it is what it was."""
    before = kept()
    match_statement(statement_id=statement.pk, now=NOW)
    return kept() == before


def updated():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n_tup_upd FROM pg_stat_xact_all_tables"
            " WHERE relname = 'reconciliation_statementline'"
        )
        return cursor.fetchone()[0]


def test_a_reference_that_two_attempts_bear_is_compared(account, paid):
    first, second = (payment.attempts.get() for payment in paid)
    first.amount += 1
    first.statement_reference = second.statement_reference
    first.save(update_fields=["amount", "statement_reference"])

    statement, summary = stage_and_match(account, line_of(paid[1]))

    assert summary.exceptions["amount_differs"] == 1
    assert stands_as_compared(statement)


@pytest.mark.parametrize("theirs_first", [True, False])
def test_an_attempt_that_two_lines_name_in_two_ways_is_compared(account, paid, theirs_first):
    by_ours = line_of(paid[0], provider_reference="TX-a")
    by_theirs = line_of(paid[0], reference="nobody's")
    lines = [by_theirs, by_ours] if theirs_first else [by_ours, by_theirs]

    statement, summary = stage_and_match(account, *lines, line_of(paid[1]))

    assert (summary.matched, summary.exceptions) == (2, {"duplicate_line": 1})
    assert statement.lines.get(match="exception").line_number == 2
    assert stands_as_compared(statement)


def test_lines_that_bear_one_text_for_our_reference_are_plain_by_theirs(account, paid):
    before = updated()

    statement, summary = stage_and_match(
        account, *(line_of(payment, reference="SHOP 7") for payment in paid)
    )

    assert (summary.matched, updated()) == (2, before)
    assert stands_as_compared(statement)
