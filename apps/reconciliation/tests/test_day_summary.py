from datetime import timedelta

import pytest

from apps.reconciliation.selectors.day_summary import CurrencySummary, Tally, day_summary
from tests.factories import PaymentFactory, ProviderAccountFactory

from .reports import DAY, NOON, foreign_line, line_of, stage, stage_and_match

pytestmark = pytest.mark.django_db


def test_day_is_summed_up_by_currency(django_assert_num_queries):
    account = ProviderAccountFactory()
    paid = PaymentFactory(succeeded=True, account=account, created_at=NOON)
    PaymentFactory(succeeded=True, account=account, created_at=NOON)
    stage_and_match(account, line_of(paid), foreign_line(currency="XOF"), "cut;off")
    stage(account, foreign_line(provider_reference="TX-late"))
    stage_and_match(account, foreign_line(provider_reference="TX-2"), day=DAY + timedelta(days=1))

    with django_assert_num_queries(3):
        found = day_summary(provider_account_id=account.pk, day=DAY)

    assert (found.files, found.lines) == (2, 4)
    assert found.currencies == (
        CurrencySummary("", Tally(), Tally(1, 0), Tally()),
        CurrencySummary("XAF", Tally(1, 5000), Tally(), Tally(1, 700)),
        CurrencySummary("XOF", Tally(), Tally(1, 700), Tally()),
    )
    assert found.currencies[1].total == Tally(2, 5700)
    assert found.discrepancies == {
        ("unknown_to_them", "open"): 1,
        ("unknown_to_us", "open"): 1,
        ("unreadable_line", "open"): 1,
    }


def test_day_without_statement_is_empty():
    found = day_summary(provider_account_id=ProviderAccountFactory().pk, day=DAY)

    assert (found.files, found.lines, found.currencies, found.discrepancies) == (0, 0, (), {})
