from datetime import timedelta

import pytest

from apps.reconciliation.models import Discrepancy
from apps.reconciliation.services.open_missing_statements import open_missing_statements
from apps.reconciliation.services.withdraw_statement import withdraw_statement
from tests.factories import PaymentFactory, ProviderAccountFactory

from .reports import DAY, NOON, NOW, foreign_line, line_of, stage_and_match

pytestmark = pytest.mark.django_db

ONE_DAY = timedelta(days=1)
# Nine in Douala, the next morning.
DUE = NOON.replace(hour=8) + ONE_DAY


@pytest.fixture
def account():
    return ProviderAccountFactory()


@pytest.fixture
def paid(account):
    return PaymentFactory(succeeded=True, account=account, created_at=NOON)


def open_days():
    return list(
        Discrepancy.objects.filter(kind="missing_statement", status="open")
        .order_by("day")
        .values_list("day", flat=True)
    )


@pytest.mark.parametrize(("now", "days"), [(DUE - timedelta(seconds=1), []), (DUE, [DAY])])
def test_day_is_missing_from_its_morning_on(paid, now, days):
    open_missing_statements(now=now)

    assert open_days() == days


def test_missing_day_is_opened_once_and_closed_by_its_report(account, paid, broken):
    opened = [open_missing_statements(now=DUE) for _ in range(2)]

    _, summary = stage_and_match(account, line_of(paid), now=DUE)

    assert opened == [1, 0]
    assert (open_days(), summary.repaired) == ([], 1)
    assert "I9" not in broken(now=DUE + ONE_DAY)


def test_report_of_a_later_day_covers_no_day_before_it(account, paid, broken):
    stage_and_match(account, foreign_line(), day=DAY + 2 * ONE_DAY)

    open_missing_statements(now=DUE + 2 * ONE_DAY)

    assert open_days() == [DAY, DAY + ONE_DAY]
    assert not Discrepancy.objects.filter(kind="unknown_to_them").exists()
    assert "I9" not in broken(now=DUE + 2 * ONE_DAY)


def test_every_day_between_reports_is_asked_for(account):
    stage_and_match(account, foreign_line(provider_reference="TX-1"))
    stage_and_match(account, foreign_line(provider_reference="TX-2"), day=DAY + 3 * ONE_DAY)

    open_missing_statements(now=DUE + 3 * ONE_DAY)

    assert open_days() == [DAY + ONE_DAY, DAY + 2 * ONE_DAY]


def test_report_of_a_day_not_over_leaves_it_missing_until_the_whole_comes(account, paid):
    stage_and_match(account, "null", now=NOON - timedelta(hours=1))
    open_missing_statements(now=DUE)
    in_part = open_days()

    stage_and_match(account, line_of(paid), now=DUE)

    assert (in_part, open_days()) == ([DAY], [])


def test_withdrawn_report_covers_nothing(account, paid, django_user_model):
    statement, _ = stage_and_match(account, line_of(paid))
    maker, checker = (django_user_model.objects.create_user(name) for name in ("awa", "moussa"))
    withdraw_statement(
        statement_id=statement.pk,
        reason="Wrong.",
        requested_by=maker,
        approved_by=checker,
        now=NOW,
    )

    open_missing_statements(now=DUE)

    assert open_days() == [DAY]


def test_day_a_person_explained_is_not_opened_again(paid):
    open_missing_statements(now=DUE)
    Discrepancy.objects.update(status="resolved")

    assert open_missing_statements(now=DUE + timedelta(hours=1)) == 0


def test_account_that_never_had_money_owes_no_report(account):
    PaymentFactory(submitted=True, account=account, created_at=NOON)

    assert open_missing_statements(now=DUE) == 0


def test_closed_account_owes_the_days_it_had_money(account, paid):
    PaymentFactory(succeeded=True, account=account, created_at=NOON + 2 * ONE_DAY)
    type(account).objects.update(is_active=False)

    open_missing_statements(now=DUE + 4 * ONE_DAY)

    assert open_days() == [DAY, DAY + 2 * ONE_DAY]


def test_account_with_an_impossible_zone_hides_no_other(account, paid, caplog):
    odd = ProviderAccountFactory(timezone="Africa/Nowhere")

    open_missing_statements(now=DUE)

    assert open_days() == [DAY]
    assert str(odd.pk) in {getattr(entry, "account_id", "") for entry in caplog.records}
