"""What fails in a way nobody foresaw is tried for a while, gets an owner, and delays no other."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.core.work.worker_loop import run_worker_loop
from apps.ledger.models import Transfer
from apps.payouts.models import Payout
from apps.settlement.due_work import CLOSE, CLOSE_FAILURES_MAX, DUE_CYCLES, PAY, PAY_FAILURES_MAX
from apps.settlement.models import Settlement, SettlementCycle, SettlementLine
from apps.settlement.rules.refusals import SettlementMoved
from apps.settlement.services import pay_settlement as paying
from apps.settlement.services.try_again import try_again
from tests.factories import MerchantFactory
from tests.monitoring.test_planted import find
from tests.settlement.conftest import MAKER, agree, balance, broken_books, give

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broken(clock, merchant, account, terms, close):
    """A cycle whose last balance is not what its statements say, and one of another merchant."""
    close(merchant)
    give(merchant, account, 700)
    SettlementCycle.objects.update(balance=9_999)
    other = MerchantFactory()
    agree(other, now=clock.now)
    give(other, account, 300)
    SettlementCycle.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    return SettlementCycle.objects.get(merchant=merchant)


def fail_until_left(cycle):
    SettlementCycle.objects.filter(pk=cycle.pk).update(
        failures=CLOSE_FAILURES_MAX - 1, due_at=timezone.now()
    )
    run_worker_loop(CLOSE)
    cycle.refresh_from_db()


def test_a_statement_that_does_not_add_up_delays_no_other_and_writes_nothing(broken, merchant):
    lines = SettlementLine.objects.count()

    run_worker_loop(CLOSE)

    broken.refresh_from_db()
    assert (broken.failures, broken.failure.partition(":")[0]) == (1, "StatementDoesNotAdd")
    assert broken.due_at > timezone.now() + DUE_CYCLES.put_off - timedelta(minutes=1)
    other = Settlement.objects.exclude(merchant=merchant).get()
    assert (other.amount, other.status) == (300, "waiting")
    assert SettlementLine.objects.count() == lines + 1
    assert balance(merchant) == 700


def test_a_statement_that_does_not_add_up_is_tried_so_often_and_is_then_a_persons(
    broken,
    merchant,
    staff_of,
):
    now = timezone.now()
    run_worker_loop(CLOSE)
    assert find("settlement_failing", now, includes_test=1.0) == []
    later = now + timedelta(minutes=20)
    (finding,) = find("settlement_failing", later, includes_test=1.0)
    assert (finding.facts["count"], finding.facts["merchant"]) == (1, merchant.public_id)
    assert find("settlement_failing", later) == []

    fail_until_left(broken)

    assert (broken.due_at, broken.failures) == (None, CLOSE_FAILURES_MAX)
    assert find("settlement_failing", later, includes_test=1.0)
    page = reverse("admin:settlement_settlementcycle_change", args=[broken.pk])
    client = staff_of("view_settlementcycle", "change_settlementcycle")
    assert "StatementDoesNotAdd" in client.get(page).content.decode()
    SettlementCycle.objects.filter(pk=broken.pk).update(balance=10_000)
    again = reverse("admin:settlement_settlementcycle_again", args=[broken.pk])
    assert client.post(again, {"reason": "The books are mended."}).status_code == 302
    run_worker_loop(CLOSE)
    broken.refresh_from_db()
    assert (broken.failures, broken.failing_since, broken.failure) == (0, None, "")
    assert Settlement.objects.filter(merchant=merchant).count() == 2
    assert find("settlement_failing", later, includes_test=1.0) == []
    assert broken_books() == []


def test_what_is_tried_anyhow_is_not_left_to_a_person(broken):
    again = {"reason": "now", "actor": MAKER, "now": timezone.now()}
    with pytest.raises(SettlementMoved):
        try_again(SettlementCycle, broken.pk, **again)
    run_worker_loop(CLOSE)

    with pytest.raises(SettlementMoved):
        try_again(SettlementCycle, broken.pk, **again)


def test_a_payment_that_cannot_be_made_is_tried_so_often_and_made_once_a_person_says_so(
    clock, merchant, terms, close, monkeypatch
):
    settlement = close(merchant)
    Settlement.objects.update(failures=PAY_FAILURES_MAX - 1, due_at=timezone.now())
    with monkeypatch.context() as broken:
        broken.setattr(paying, "_send", lambda *_, **__: 1 / 0)
        run_worker_loop(PAY)
    settlement.refresh_from_db()
    assert (settlement.status, settlement.due_at) == ("waiting", None)
    assert settlement.failure == "ZeroDivisionError: division by zero"
    assert find("settlement_failing", timezone.now() + timedelta(hours=1), includes_test=1.0)

    try_again(Settlement, settlement.pk, reason="mended", actor=MAKER, now=timezone.now())
    run_worker_loop(PAY)

    settlement.refresh_from_db()
    assert (settlement.status, settlement.failing_since) == ("sent", None)
    assert Payout.objects.count() == 1
    assert Transfer.objects.filter(kind="settle_released").count() == 1
