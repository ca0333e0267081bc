"""A merchant's day is what the ledger says of it, whatever commits late and however often it is
summed."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.public_ids import new_id
from apps.day_reports.models import DayCycle, MerchantDay
from apps.day_reports.rules.day_bounds import begin_of
from apps.day_reports.rules.day_does_not_add import DayDoesNotAdd
from apps.day_reports.rules.groups import GROUPS
from apps.day_reports.selectors.open_day import open_day
from apps.day_reports.services.begin_cycles import begin_cycles
from apps.day_reports.services.sum_day import sum_day
from apps.ledger.models import Account, AccountKind, Transfer
from apps.ledger.rules.postings import DIRECTIONS
from tests.day_reports.conftest import sum_next
from tests.monitoring.test_planted import find
from tests.settlement.conftest import broken_books

pytestmark = pytest.mark.django_db(transaction=True)

BOOK = """
INSERT INTO ledger_transfer (id, from_account_id, to_account_id, amount, currency, kind, source_id,
                             created_at)
VALUES (%s, %s, %s, %s, 'XAF', %s, %s, %s)
"""


def book(kind, amount, at):
    """A transfer of the one merchant, made at this instant."""
    payable = Account.objects.get(kind=AccountKind.MERCHANT_PAYABLE).pk
    there = Account.objects.get(kind=AccountKind.PROVIDER_CLEARING).pk
    way = (there, payable) if DIRECTIONS[kind] == "in" else (payable, there)
    with connection.cursor() as cursor:
        cursor.execute(BOOK, [new_id(), *way, amount, kind, new_id(), at])


def holds():
    return list(MerchantDay.objects.filter(superseded_at=None).order_by("day"))


def test_a_day_has_its_balances_sums_and_lines(clock, merchant, day):
    gross = Transfer.objects.get(kind="gross")

    assert (day.opening_balance, day.closing_balance, day.line_count) == (0, 10_000, 1)
    (total,) = day.totals
    assert (total["kind"], total["count"], total["amount"]) == ("gross", 1, 10_000)
    with open_day(day) as lines:
        (line,) = lines
    assert (line.pk, line.amount, line.rail) == (gross.pk, 10_000, total["rail"])
    assert line.rail != ""
    assert broken_books() == []


def test_a_day_that_is_not_over_is_not_summed(clock, merchant):
    begin_cycles(now=clock.now)
    cycle = DayCycle.objects.get()

    assert sum_day(cycle_id=cycle.pk, now=begin_of(cycle.next_day, merchant.timezone)) is None

    assert MerchantDay.objects.count() == 0
    assert DayCycle.objects.get().next_day == cycle.next_day


def test_what_is_committed_late_makes_a_new_version_of_its_day_and_of_those_after_it(
    clock, merchant, day
):
    second = sum_next(merchant)
    book("fee", 300, day.ends_at - timedelta(seconds=1))

    third = sum_next(merchant)

    first_again, second_again, _ = holds()
    day.refresh_from_db()
    assert day.superseded_at is not None
    assert (first_again.version, first_again.closing_balance) == (2, 9_700)
    assert (second_again.version, second_again.opening_balance) == (2, 9_700)
    assert (third.version, third.opening_balance, second.version) == (1, 9_700, 1)
    # The first version says what it said.
    with open_day(day) as lines:
        assert [line.amount for line in lines] == [10_000]
    with open_day(first_again) as lines:
        assert sum(line.amount for line in lines) == 9_700


@settings(
    max_examples=8,
)
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(
                st.sampled_from(sorted(DIRECTIONS)), st.integers(1, 10**12), st.integers(-2, 2)
            ),
            st.tuples(st.just("sum"), st.just(0), st.just(0)),
        ),
        min_size=2,
        max_size=8,
    )
)
def test_whatever_order_it_comes_in_each_franc_is_on_its_day(clock, merchant, account, steps):
    begin_cycles(now=clock.now)
    first = min(
        (one.begins_at for one in holds()),
        default=begin_of(DayCycle.objects.get().next_day, merchant.timezone),
    )

    for what, amount, days in steps:
        if what == "sum":
            sum_next(merchant)
        else:
            # Of yesterday, today or tomorrow, and never before there were day reports.
            begins_at = begin_of(DayCycle.objects.get().next_day, merchant.timezone)
            at = max(begins_at + timedelta(days=days), first)
            book(what, amount, at)
    sum_next(merchant)

    days = holds()
    for before, after in pairwise(days):
        assert (before.closing_balance, before.ends_at) == (after.opening_balance, after.begins_at)
    balance = days[0].opening_balance
    for each in days:
        with open_day(each) as lines:
            found = {line.pk: line.amount for line in lines}
        wanted = {
            one.pk: one.amount if DIRECTIONS[one.kind] == "in" else -one.amount
            for one in Transfer.objects.filter(
                kind__in=DIRECTIONS, created_at__gte=each.begins_at, created_at__lt=each.ends_at
            )
        }
        assert found == wanted
        balance += sum(found.values())
        assert each.closing_balance == balance


def test_a_day_whose_lines_are_not_its_sums_is_never_told(clock, merchant, day):
    MerchantDay.objects.update(line_count=2)

    with pytest.raises(DayDoesNotAdd), open_day(MerchantDay.objects.get()) as lines:
        list(lines)

    assert len(broken_books()) == 1


def test_a_merchant_that_moves_to_another_zone_loses_no_hour(clock, merchant, day):
    merchant.timezone = "Africa/Dakar"
    merchant.save(update_fields=["timezone"])

    second = sum_next(merchant)

    assert second.begins_at == day.ends_at
    assert second.ends_at - second.begins_at == timedelta(hours=25)


def test_every_kind_that_moves_the_balance_is_of_a_group():
    assert set(GROUPS) == {kind.value for kind in DIRECTIONS}


def test_a_balance_that_cannot_be_summed_wakes_somebody(clock, merchant, day):
    now = clock.now
    DayCycle.objects.update(failing_since=now - timedelta(hours=1), failures=1)

    (found,) = find("day_report_failing", now=now, includes_test=1.0)

    assert (found.facts["count"], found.facts["minutes"]) == (1, 60)
