"""What is set aside for refunds and payouts is never more than there is."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.core.public_ids import new_id
from apps.ledger.models import Transfer
from apps.ledger.rules.postings import CORRECTIONS, POSTINGS, TransferKind
from apps.ledger.selectors.read_balance import read_balance
from apps.ledger.services.hold import BalanceTooLow, hold
from apps.ledger.services.post import post

pytestmark = pytest.mark.django_db(transaction=True)

PROVIDER_ACCOUNT = new_id()


class Shop:
    def __init__(self, balance=0):
        self.merchant_id = new_id()
        if balance:
            self.book({TransferKind.GROSS: balance})

    def book(self, amounts, *, source_id=None, attempt_id=None):
        bulk_write(
            post(
                {kind: Money(amount, "XAF") for kind, amount in amounts.items()},
                merchant_id=self.merchant_id,
                provider_account_id=PROVIDER_ACCOUNT,
                source_id=source_id or new_id(),
                attempt_id=attempt_id or new_id(),
                livemode=False,
                now=timezone.now(),
            )
        )

    @transaction.atomic
    def hold(self, amount, *, kind=TransferKind.REFUND_HELD, source_id=None):
        bulk_write(
            hold(
                kind,
                Money(amount, "XAF"),
                merchant_id=self.merchant_id,
                source_id=source_id or new_id(),
                livemode=False,
                now=timezone.now(),
            )
        )

    @property
    def balance(self):
        return sum(
            money.amount
            for money in read_balance(merchant_id=self.merchant_id, livemode=False).available
        )


@pytest.mark.parametrize("amount", [1, 9_999, 10_000])
def test_what_is_set_aside_leaves_the_balance(amount):
    shop = Shop(10_000)

    shop.hold(amount)

    assert shop.balance == 10_000 - amount


@pytest.mark.parametrize(("balance", "amount"), [(10_000, 10_001), (0, 1)])
def test_more_than_the_balance_is_refused_and_nothing_is_booked(balance, amount):
    shop = Shop(balance)

    with pytest.raises(BalanceTooLow):
        shop.hold(amount)

    assert shop.balance == balance
    assert not Transfer.objects.filter(kind=TransferKind.REFUND_HELD).exists()


def test_what_is_not_sent_comes_back_and_can_be_asked_for_again():
    shop, refund_id = Shop(10_000), new_id()
    shop.hold(10_000, source_id=refund_id)

    shop.book({TransferKind.REFUND_RETURNED: 10_000}, source_id=refund_id)

    shop.hold(10_000)
    assert shop.balance == 0


def test_what_is_sent_is_gone_and_changes_the_balance_no_more():
    shop, payout_id = Shop(10_000), new_id()
    shop.hold(4_000, kind=TransferKind.PAYOUT_HELD, source_id=payout_id)

    shop.book({TransferKind.PAYOUT_SENT: 4_000}, source_id=payout_id)

    assert shop.balance == 6_000


def test_two_at_once_never_take_the_same_money():
    shop, answers = Shop(10_000), []
    start = threading.Barrier(8)

    def ask():
        try:
            start.wait()
            shop.hold(3_000)
            answers.append("held")
        except BalanceTooLow:
            answers.append("refused")
        finally:
            connection.close()

    askers = [threading.Thread(target=ask) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()

    assert sorted(answers) == ["held"] * 3 + ["refused"] * 5
    assert shop.balance == 1_000


def test_a_payment_is_booked_while_a_hold_is_open():
    """Else every payment of a merchant would wait for its slowest refund."""
    shop, errors = Shop(10_000), []

    def book():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 10000")
            shop.book({TransferKind.GROSS: 500})
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    with transaction.atomic():
        shop.hold(10_000)
        payer = threading.Thread(target=book)
        payer.start()
        payer.join()

    assert errors == []
    assert shop.balance == 500


def test_the_same_instruction_is_booked_once_and_another_of_its_source_again():
    shop, source_id, attempt_id = Shop(), new_id(), new_id()
    shop.book({TransferKind.GROSS: 600}, source_id=source_id, attempt_id=attempt_id)

    shop.book({TransferKind.GROSS: 400}, source_id=source_id)
    with pytest.raises(IntegrityError):
        shop.book({TransferKind.GROSS: 600}, source_id=source_id, attempt_id=attempt_id)

    assert shop.balance == 1_000


def test_a_refund_is_set_aside_once():
    shop, refund_id = Shop(10_000), new_id()
    shop.hold(3_000, source_id=refund_id)

    with pytest.raises(IntegrityError):
        shop.hold(3_000, source_id=refund_id)

    assert shop.balance == 7_000


def test_every_kind_of_transfer_has_its_posting():
    assert {*POSTINGS, *CORRECTIONS} == set(TransferKind)
