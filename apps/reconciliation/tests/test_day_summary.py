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
    stage_and_match(account, foreign_line(provider_reference="TX-2"), day=DAY + timedelta(days=1))
    stage(account, foreign_line(provider_reference="TX-late"))

    with django_assert_num_queries(4):
        found = day_summary(provider_account_id=account.pk, day=DAY)

    assert (found.files, found.lines) == (2, 4)
    none = Tally()
    assert found.currencies == (
        CurrencySummary("", none, Tally(1), none, none, none),
        CurrencySummary("XAF", Tally(1, 5000), none, Tally(1, 700), none, none),
        CurrencySummary("XOF", none, Tally(1, 700), none, none, none),
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


def test_money_that_failed_is_in_no_sum():
    account = ProviderAccountFactory()
    paid = PaymentFactory(succeeded=True, account=account, created_at=NOON)
    failed = PaymentFactory(failed=True, account=account, created_at=NOON)
    stage_and_match(account, line_of(paid, fee=50), line_of(failed))

    [found] = day_summary(provider_account_id=account.pk, day=DAY).currencies

    assert found.matched == Tally(count=2, amount=5000, fee=50, failed=1)
    assert found.total.net == 4950


def test_each_movement_is_counted_once_however_many_reports_have_it():
    account = ProviderAccountFactory()
    paid = PaymentFactory(succeeded=True, account=account, created_at=NOON)
    later = PaymentFactory(succeeded=True, account=account, created_at=NOON)
    stage_and_match(account, line_of(paid), foreign_line())
    stage_and_match(account, line_of(paid), foreign_line(amount=800), line_of(later))

    found = day_summary(provider_account_id=account.pk, day=DAY)

    assert (found.files, found.lines) == (2, 3)
    assert found.currencies == (
        CurrencySummary(
            "XAF", Tally(2, 10_000), Tally(1, 800), Tally(), Tally(1, 5000), Tally(1, 700)
        ),
    )


def test_each_day_of_a_longer_report_is_summed_up_by_its_own_lines():
    account = ProviderAccountFactory()
    next_day = NOON + timedelta(days=1)
    stage_and_match(
        account,
        foreign_line(provider_reference="TX-1", occurred_at=NOON.isoformat()),
        foreign_line(provider_reference="TX-2", occurred_at=next_day.isoformat(), amount=90),
        day=DAY + timedelta(days=1),
        days=2,
    )

    first, second = (
        day_summary(provider_account_id=account.pk, day=DAY + timedelta(days=n)) for n in (0, 1)
    )

    assert first.currencies[0].total == Tally(1, 700)
    assert second.currencies[0].total == Tally(1, 90)
