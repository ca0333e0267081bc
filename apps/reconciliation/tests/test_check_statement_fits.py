from datetime import timedelta

import pytest
from django.utils import translation

from apps.core.models import OutboxMessage
from apps.reconciliation.models import Statement, StatementDay, StatementLine
from apps.reconciliation.services.check_statement_fits import (
    StatementInFuture,
    StatementOfOtherAccount,
    StatementOfOtherDays,
)
from apps.reconciliation.services.import_statement import DaysOutOfRange
from tests.factories import PaymentFactory, ProviderAccountFactory

from .reports import DAY, NOON, NOW, foreign_line, line_of, stage

pytestmark = pytest.mark.django_db

ONE_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def account():
    return ProviderAccountFactory()


def line_at(moment, number=1, **changes):
    return foreign_line(
        occurred_at=moment.isoformat(), provider_reference=f"TX-{number}-{moment}", **changes
    )


def assert_nothing_is_kept():
    for model in (Statement, StatementLine, StatementDay, OutboxMessage):
        assert not model.objects.exists()


def test_report_of_another_day_is_refused_and_may_come_again_as_what_it_is(account):
    lines = [line_at(NOON, number) for number in range(3)]

    with pytest.raises(StatementOfOtherDays) as refusal:
        stage(account, *lines, day=DAY + 10 * ONE_DAY)

    assert refusal.value.code == "statement_of_other_days"
    assert refusal.value.detail == "Its lines are of 2026-03-10; you chose 2026-03-20."
    assert_nothing_is_kept()
    assert stage(account, *lines).lines_read == 3


def test_report_of_the_day_before_is_refused_in_spite_of_its_late_lines(account):
    late = NOON.replace(hour=23, minute=5)

    with pytest.raises(StatementOfOtherDays):
        stage(account, *[line_at(NOON, n) for n in range(9)], line_at(late), day=DAY + ONE_DAY)


@pytest.mark.parametrize("hour", [21, 22, 23])
def test_lines_around_midnight_are_of_either_day(account, hour):
    for day in (DAY, DAY + ONE_DAY):
        assert stage(account, line_at(NOON.replace(hour=hour)), day=day).lines_read == 1


def test_report_that_overlaps_the_day_before_is_taken(account):
    lines = [line_at(NOON), line_at(NOON, 2), line_at(NOON + ONE_DAY)]

    statement = stage(account, *lines, day=DAY + ONE_DAY)

    assert list(statement.covered_days.values_list("day", flat=True)) == [DAY + ONE_DAY]


def test_report_of_several_days_covers_each(account):
    lines = [line_at(NOON - n * ONE_DAY) for n in range(7)]

    statement = stage(account, *lines, days=7)

    assert statement.first_day == DAY - 6 * ONE_DAY
    assert statement.covered_days.filter(is_whole=True).count() == 7


@pytest.mark.parametrize("days", [0, -1, 32])
def test_report_covers_a_month_at_most(account, days):
    with pytest.raises(DaysOutOfRange):
        stage(account, foreign_line(), days=days)

    assert_nothing_is_kept()


@pytest.mark.parametrize("lines", [[], [foreign_line()]])
def test_day_in_the_future_is_refused(account, lines):
    with pytest.raises(StatementInFuture) as refusal:
        stage(account, "null", *lines, day=DAY + 2 * ONE_DAY, now=NOW)

    assert refusal.value.code == "statement_in_future"
    assert_nothing_is_kept()


def test_day_begins_in_the_zone_of_the_account():
    just_after_midnight = NOON.replace(hour=23, minute=30)
    stage(ProviderAccountFactory(), "null", day=DAY + ONE_DAY, now=just_after_midnight)

    with pytest.raises(StatementInFuture):
        stage(
            ProviderAccountFactory(timezone="Africa/Abidjan"),
            "null",
            day=DAY + ONE_DAY,
            now=just_after_midnight,
        )


def test_report_of_another_account_is_refused_and_says_whose_it_is(account):
    theirs = ProviderAccountFactory(label="MTN Yaoundé")
    payments = [
        PaymentFactory(succeeded=True, account=theirs, created_at=NOON) for _number in range(2)
    ]

    with pytest.raises(StatementOfOtherAccount) as refusal:
        stage(account, *[line_of(payment) for payment in payments])

    assert refusal.value.code == "statement_of_other_account"
    # Its name is for those alone who may see it.
    assert theirs.public_id in refusal.value.detail
    assert theirs.label not in refusal.value.detail
    assert_nothing_is_kept()


def test_report_in_another_currency_is_refused(account):
    with pytest.raises(StatementOfOtherAccount, match="in XOF"):
        stage(account, foreign_line(currency="XOF"))

    assert_nothing_is_kept()


def test_days_without_movements_have_files_that_are_alike(account):
    first = stage(account, "null", day=DAY)

    second = stage(account, "null", day=DAY + ONE_DAY)

    assert first != second
    assert stage(account, "null", day=DAY) == first


def test_day_that_has_not_ended_is_covered_in_part(account):
    statement = stage(account, foreign_line(), now=NOON + timedelta(hours=1))

    assert not statement.covered_days.get().is_whole
