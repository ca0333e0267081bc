"""A payout takes of the balance at once what it sends, or nothing is recorded."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from apps.core.models import OutboxMessage
from apps.ledger.models import Transfer
from apps.ledger.services.hold import BalanceTooLow
from apps.orchestration.models import Attempt, StatusChange
from apps.payouts.models import Payout
from apps.payouts.rules.payee import payee_msisdn
from apps.providers.rules.phone_numbers import InvalidPhoneNumber
from apps.routing.rules.refusals import AmountOutOfRange, NoRail, RailClosed, WrongOperator
from apps.webhooks.models import Event
from tests.factories import MerchantFactory
from tests.fakes import open_account
from tests.payouts.conftest import BALANCE, OPERATIONS, PHONE, balance, booked, give

pytestmark = pytest.mark.django_db


def test_a_payout_is_held_of_the_balance_and_stands_in_the_queue(clock, merchant, create):
    payout = create(merchant_reference="wages-7", metadata={"employee": "42"})

    payout.refresh_from_db()
    attempt = payout.attempts.get()
    event = Event.objects.get(object_id=payout.pk)
    assert (payout.status, payout.provider, payout.operator) == ("pending", "fake", "mtn")
    assert (attempt.status, attempt.operation, attempt.amount) == ("created", "disburse", 1_000)
    assert attempt.next_check_at == clock.now
    assert (event.type, event.sequence) == ("payout.created", 1)
    assert booked(payout) == ["payout_held"]
    assert balance(merchant) == BALANCE - 1_000


def test_the_number_is_kept_encrypted_and_shown_masked(merchant, create):
    payout = create()

    payout.refresh_from_db()
    assert payee_msisdn(payout) == f"237{PHONE}"
    assert PHONE.encode() not in bytes(payout.payee_msisdn_encrypted)
    assert PHONE not in payout.payee_msisdn_masked
    assert PHONE not in Event.objects.get(object_id=payout.pk).body


@pytest.mark.parametrize(
    ("fields", "refusal", "field"),
    [
        ({"amount": BALANCE + 1}, BalanceTooLow, "amount"),
        ({"amount": 99}, AmountOutOfRange, "amount"),
        ({"currency": "XOF"}, NoRail, "currency"),
        ({"phone": "699000001"}, NoRail, "payee.phone"),
        ({"phone": "699000001", "only_operator": "mtn"}, WrongOperator, "payee.phone"),
        ({"phone": "12"}, InvalidPhoneNumber, "payee.phone"),
        ({"phone": "0700000001", "country": "CI"}, NoRail, "payee.phone"),
    ],
)
def test_what_cannot_be_paid_is_refused_by_its_own_code_and_nothing_is_recorded(
    merchant, create, fields, refusal, field
):
    before = (StatusChange.objects.count(), Transfer.objects.count(), OutboxMessage.objects.count())

    with pytest.raises(refusal) as refused:
        create(**fields)

    after = (StatusChange.objects.count(), Transfer.objects.count(), OutboxMessage.objects.count())
    assert refused.value.field == field
    assert after == before
    assert not Payout.objects.exists()
    assert balance(merchant) == BALANCE


def test_an_account_whose_contract_is_for_collecting_pays_nobody(account, merchant, create):
    account.operations = ["collect"]
    account.save()

    with pytest.raises(NoRail):
        create()

    assert not Payout.objects.exists()


def test_what_lies_at_a_merchants_own_account_is_not_paid_with_the_platforms_money(
    merchant, create
):
    own = open_account(merchant_id=merchant.pk, operations=["collect"])
    give(merchant, own)

    with pytest.raises(NoRail, match="your own account"):
        create(amount=500)

    assert not Payout.objects.exists()


def test_a_closed_rail_says_so(account, merchant, create):
    account.is_active = False
    account.save()

    with pytest.raises(RailClosed):
        create()

    assert balance(merchant) == BALANCE


def test_the_balance_of_one_mode_pays_nothing_of_the_other(merchant, create):
    open_account(operations=OPERATIONS, livemode=True)

    with pytest.raises(BalanceTooLow):
        create(livemode=True)


def test_the_whole_balance_can_be_paid_out_and_no_franc_more(merchant, create, broken_books):
    create(amount=BALANCE)

    with pytest.raises(BalanceTooLow):
        create(amount=100)

    assert balance(merchant) == 0
    assert broken_books() == {}


@pytest.mark.django_db(transaction=True)
def test_two_at_once_that_exceed_the_balance_together_are_one(merchant, create, broken_books):
    answers, start = [], threading.Barrier(2)

    def ask():
        start.wait()
        try:
            create(amount=6_000, now=timezone.now())
            answers.append("created")
        except BalanceTooLow:
            answers.append("refused")
        finally:
            connection.close()

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()

    assert sorted(answers) == ["created", "refused"]
    assert Payout.objects.count() == Attempt.objects.filter(owner_type="payout").count() == 1
    assert balance(merchant) == 4_000
    assert broken_books() == {}


def test_what_another_merchant_has_pays_nothing_of_mine(merchant, account, create):
    poor = MerchantFactory()
    give(poor, account, amount=500)

    with pytest.raises(BalanceTooLow):
        create(merchant=poor, amount=501)

    assert (balance(poor), balance(merchant)) == (500, BALANCE)
