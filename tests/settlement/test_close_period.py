"""A statement is what is committed: each movement on one, each once, and closing is opening."""

import sys
import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.utils import translation

from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.ledger.models import Transfer
from apps.ledger.rules.postings import DIRECTIONS, TransferKind
from apps.ledger.services.hold import hold
from apps.ledger.services.retake_snapshots import retake_snapshots
from apps.settlement.models import Settlement, SettlementCycle, SettlementLine
from apps.settlement.services.close_period import PeriodNotOver, close_period
from apps.settlement.services.write_lines import write_lines
from tests.factories import MerchantFactory
from tests.settlement.conftest import BANK, agree, balance, broken_books, give

closing = sys.modules[close_period.__module__]

pytestmark = pytest.mark.django_db(transaction=True)


def kinds(settlement):
    return list(settlement.lines.order_by("number").values_list("kind", "amount"))


def test_a_statement_has_a_line_for_each_franc_and_holds_what_is_paid(
    clock, merchant, terms, close
):
    settlement = close(merchant)

    assert kinds(settlement) == [("gross", 10_000)]
    assert (settlement.opening_balance, settlement.closing_balance) == (0, 10_000)
    assert (settlement.amount, settlement.status) == (10_000, "waiting")
    assert (settlement.full_number, settlement.totals) == (
        "2026-000001",
        {"gross": {"count": 1, "amount": 10_000}},
    )
    assert balance(merchant) == 0
    assert broken_books() == []


def test_the_next_statement_begins_where_the_last_one_ended(clock, merchant, account, terms, close):
    close(merchant)
    clock.advance(minutes=5)
    give(merchant, account, 700)

    second = close(merchant)

    assert kinds(second) == [("settle_held", -10_000), ("gross", 700)]
    assert (second.opening_balance, second.closing_balance) == (10_000, 700)
    assert (second.number, second.amount) == (2, 700)
    assert broken_books() == []


def test_a_statement_is_of_the_year_that_its_merchant_writes(clock, merchant, terms, close):
    """In Douala the new year is an hour old when that of UTC begins."""
    clock.now = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)

    settlement = close(merchant)

    assert settlement.full_number == "2027-000001"


def test_what_is_under_way_at_the_closing_is_on_the_next_statement_and_on_no_two(
    clock, merchant, account, terms, close
):
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(
            "INSERT INTO ledger_transfer (id, from_account_id, to_account_id, amount, currency,"
            " kind, source_id, created_at) SELECT gen_random_uuid(), from_account_id,"
            " to_account_id, 555, currency, kind, gen_random_uuid(), created_at"
            " FROM ledger_transfer"
        )
        give(merchant, account, 300)
        cycle = SettlementCycle.objects.get()

        first = close_period(cycle_id=cycle.pk, now=clock.now)
        with pytest.raises(PeriodNotOver):
            close_period(cycle_id=cycle.pk, now=clock.now)

        cursor.execute("COMMIT")
    other.close()
    second = close(merchant)
    # What came after the open one is not counted either: nobody knows yet which is older.
    assert kinds(first) == [("gross", 10_000)]
    assert sorted(kinds(second)) == [("gross", 300), ("gross", 555), ("settle_held", -10_000)]
    assert second.opening_balance == 10_000
    assert second.closing_balance == second.amount == 855
    assert SettlementLine.objects.count() == Transfer.objects.count() - 1


def test_two_that_close_at_once_close_one_period(clock, merchant, terms, close):
    close(merchant)  # The older transactions are over.
    clock.advance(days=3)
    cycle = SettlementCycle.objects.get()
    closed = [None, None]

    def one(place):
        try:
            closed[place] = close_period(
                cycle_id=cycle.pk, now=clock.now, leased_until=cycle.due_at
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=[place]) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(found is not None for found in closed) == 1
    assert list(Settlement.objects.order_by("number").values_list("number", flat=True)) == [1, 2]


@pytest.mark.parametrize(("amount_min", "status"), [(10_000, "waiting"), (10_001, "carried_over")])
def test_less_than_the_least_amount_is_carried_over(clock, merchant, close, amount_min, status):
    agree(merchant, now=clock.now, amount_min=amount_min)

    settlement = close(merchant)

    assert settlement.status == status
    assert settlement.carried_over == (0 if status == "waiting" else 10_000)


def test_an_empty_period_has_no_statement_and_no_number(clock, terms, close, account):
    empty = MerchantFactory()
    agree(empty, now=clock.now)

    assert close(empty) is None
    assert Settlement.objects.count() == 0


def test_a_negative_balance_is_carried_over_and_made_up_for(clock, merchant, account, terms, close):
    gross = Transfer.objects.get(kind="gross")
    Transfer.objects.create(
        from_account_id=gross.to_account_id, to_account_id=gross.from_account_id, amount=12_000,
        currency="XAF", kind="payout_sent", source_id=gross.pk, created_at=clock.now,
    )  # fmt: skip

    owing = close(merchant)
    give(merchant, account, 5_000)
    after = close(merchant)

    assert (owing.closing_balance, owing.amount, owing.status) == (-2_000, 0, "carried_over")
    assert (after.opening_balance, after.closing_balance, after.amount) == (-2_000, 3_000, 3_000)


def test_no_more_is_paid_than_there_still_is(clock, merchant, account, terms, monkeypatch, close):
    """What was taken after the horizon, and before the closing, is gone."""

    def spend_before(settlement_id, **between):
        with transaction.atomic():
            held = hold(
                TransferKind.PAYOUT_HELD, Money(6_000, "XAF"), merchant_id=merchant.pk,
                source_id=settlement_id, livemode=False, now=clock.now,
            )  # fmt: skip
            bulk_write(held)
        return write_lines(settlement_id, **between)

    monkeypatch.setattr(closing, "write_lines", spend_before)

    settlement = close(merchant)

    assert (settlement.closing_balance, settlement.amount) == (10_000, 4_000)
    assert settlement.carried_over == 6_000


def test_test_mode_is_not_mixed_with_live(clock, merchant, account, terms, close):
    agree(merchant, now=clock.now, livemode=True)
    give(merchant, account, 250, livemode=True)

    live = close(merchant, livemode=True)
    test = close(merchant, livemode=False)

    assert (live.closing_balance, test.closing_balance) == (250, 10_000)
    assert (live.number, test.number) == (1, 1)


def test_terms_that_wait_for_an_amount_close_nothing_before(clock, merchant, account, close):
    agree(merchant, now=clock.now, cadence="threshold", amount_min=10_500)
    assert close(merchant) is None

    give(merchant, account, 500)

    assert close(merchant).amount == 10_500


def test_a_merchant_that_is_disabled_is_on_hold(clock, merchant, terms, close):
    merchant.is_active = False
    merchant.save()

    settlement = close(merchant)

    assert (settlement.status, settlement.reason_code) == ("on_hold", "merchant_disabled")
    assert settlement.due_at is None


def test_after_a_restore_what_no_statement_has_is_on_the_next(
    clock, merchant, account, terms, close
):
    close(merchant)
    give(merchant, account, 800)
    # As on a server whose transactions have lower numbers.
    SettlementCycle.objects.update(horizon=2**62)
    Settlement.objects.update(horizon_to=2**62)
    Transfer.objects.update(database_transaction="0")
    retake_snapshots(actor="system", now=clock.now)

    second = close(merchant)

    assert sorted(kinds(second)) == [("gross", 800), ("settle_held", -10_000)]
    assert (second.opening_balance, second.closing_balance) == (10_000, 800)


def test_every_kind_that_moves_a_balance_has_its_word_in_both_languages():
    for kind in DIRECTIONS:
        with translation.override("fr"):
            french = str(kind.label)
        assert french != str(kind.label), kind


def test_other_terms_do_not_hold_before_another_payee_has_cooled(clock, merchant, terms, close):
    other = agree(merchant, now=clock.advance(minutes=1), paid_by="bank_file", payee=BANK)

    settlement = close(merchant)

    assert (other.valid_from - clock.now).total_seconds() == 48 * 3600
    assert settlement.terms == terms
