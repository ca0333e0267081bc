"""What is paid is held first, goes one way only, and is never guessed at."""

import pytest
from django.db import transaction
from lxml import etree

from apps.core.money import Money
from apps.ledger.models import Account
from apps.orchestration.services.apply_replies import apply_reply
from apps.orchestration.services.book_as_sent import book_as_sent
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payouts.models import Payout
from apps.payouts.services.create_payout import PayoutRequest, create_payout
from apps.providers.contract import Outcome, ProviderResult
from apps.settlement.models import BankFile, BankFileStatus, Settlement
from apps.settlement.rules.refusals import (
    BankAccountUnknown,
    BankFileEmpty,
    BankFileMoved,
    SettlementMoved,
    SettlementReasonMissing,
)
from apps.settlement.services.build_bank_file import build_bank_file
from apps.settlement.services.decide_settlement import Decision, decide_settlement
from apps.settlement.services.download_bank_file import download_bank_file
from apps.settlement.services.follow_late_success import follow_late_success
from apps.settlement.services.move_bank_file import move_bank_file
from tests.factories import charge
from tests.fakes import submit_due
from tests.payouts.test_settle_payout import PEOPLE
from tests.settlement.conftest import BANK, MAKER, agree, approve, balance, broken_books, give

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def end(clock, provider):
    """The provider takes the payout and settles it."""

    def ended(outcome):
        submit_due(clock.now)
        for reference in provider.book:
            provider.settle(reference, outcome)
        for attempt in Payout.objects.get().attempts:
            refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.now)

    return ended


@pytest.fixture
def decide(clock):
    def decided(settlement, decision, reason="seen"):
        return decide_settlement(
            settlement_id=settlement.pk, decision=decision, reason=reason, actor=MAKER,
            now=clock.now,
        )  # fmt: skip

    return decided


# --- By payout


def test_its_payout_holds_what_it_held_and_ends_it(clock, merchant, terms, close, pay, end):
    settlement = close(merchant)
    under_way = pay(settlement)
    pay(under_way)
    payout = Payout.objects.get()
    assert (under_way.status, payout.amount, payout.metadata) == (
        "sent", 10_000, {"settlement": settlement.public_id},
    )  # fmt: skip

    end(Outcome.SUCCEEDED)

    assert pay(settlement).status == "paid"
    assert balance(merchant) == 0
    assert broken_books() == []


def test_what_pays_a_settlement_costs_nothing(clock, merchant, terms, close, pay, end):
    settlement = close(merchant)
    charge(merchant, operation="disburse", fixed=100)

    pay(settlement)
    end(Outcome.SUCCEEDED)

    payout = Payout.objects.get()
    assert (payout.amount, payout.fee, payout.is_fee_exempt) == (10_000, 0, True)
    assert pay(settlement).status == "paid"
    assert balance(merchant) == 0
    assert broken_books() == []


def test_the_fee_of_a_payout_has_its_lines_on_the_statement(
    clock, merchant, terms, close, provider, end
):
    charge(merchant, operation="disburse", fixed=100, tax_basis_points=1_925)
    with transaction.atomic():
        create_payout(
            merchant=merchant,
            livemode=False,
            request=PayoutRequest(money=Money(1_000, "XAF"), phone="677000003"),
            now=clock.now,
        )

    settlement = close(merchant)

    lines = dict(settlement.lines.values_list("kind", "amount"))
    assert lines == {
        "gross": 10_000, "payout_held": -1_000, "payout_fee_held": -100, "payout_tax_held": -19,
    }  # fmt: skip
    assert settlement.amount == 10_000 - 1_119
    assert broken_books() == []


def test_what_failed_is_in_the_balance_again_and_on_the_next_statement(
    clock, merchant, terms, close, pay, end
):
    settlement = close(merchant)
    pay(settlement)
    end(Outcome.FAILED)

    assert pay(settlement).status == "failed"
    assert balance(merchant) == 10_000
    following = close(merchant)
    assert (following.opening_balance, following.closing_balance) == (10_000, 10_000)
    assert following.amount == 10_000
    assert sum(one.amount for one in following.lines.all()) == 0
    assert broken_books() == []


def test_a_payout_that_was_sent_after_all_ends_its_settlement_and_its_money_is_not_paid_anew(
    clock, merchant, terms, close, pay, end
):
    settlement = close(merchant)
    pay(settlement)
    end(Outcome.FAILED)
    pay(settlement)
    following = close(merchant)
    attempt = Payout.objects.get().attempts.get()
    sent = ProviderResult(Outcome.SUCCEEDED, amount=10_000, currency="XAF")
    apply_reply(attempt_id=attempt.pk, answer=sent, source="callback", now=clock.now)
    book_as_sent(attempt_id=attempt.pk, amount=10_000, now=clock.now, **PEOPLE)

    for _ in range(2):
        follow_late_success(Payout.objects.get().pk, now=clock.now)

    settlement.refresh_from_db()
    following.refresh_from_db()
    assert (settlement.status, settlement.reason_code) == ("paid", "")
    assert (following.status, following.reason_code) == ("on_hold", "held_back")
    assert balance(merchant) == -10_000
    assert broken_books() == []


def test_another_payee_than_at_the_closing_waits_for_a_person(
    clock, merchant, terms, close, pay, decide
):
    settlement = close(merchant)
    agree(merchant, now=clock.now, payee=type(BANK)(phone="+237677000004"))
    clock.advance(hours=49)

    held = pay(settlement)

    assert (held.status, held.reason_code) == ("on_hold", "payee_changed")
    assert Payout.objects.count() == 0
    released = decide(settlement, Decision.RELEASE)
    assert released.payee_masked == "+237 •••••••04"
    assert pay(settlement).status == "sent"
    assert Payout.objects.get().payee_msisdn_masked.endswith("04")


def test_no_rail_is_tried_again_and_then_a_person_looks(
    clock, merchant, account, terms, close, pay
):
    settlement = close(merchant)
    account.is_enabled = False
    type(account).objects.filter(pk=account.pk).update(operations=[])

    again = pay(settlement)

    assert (again.status, again.tries) == ("waiting", 1)
    assert again.due_at > clock.now
    Settlement.objects.update(tries=95)
    assert pay(settlement).status == "on_hold"
    assert broken_books() == []


def test_what_is_not_to_be_paid_is_in_the_balance_again(clock, merchant, terms, close, decide):
    settlement = close(merchant)
    with pytest.raises(SettlementMoved):
        decide(settlement, Decision.RETURN)
    with pytest.raises(SettlementReasonMissing):
        decide(settlement, Decision.HOLD, "  ")
    decide(settlement, Decision.HOLD)
    assert balance(merchant) == 0

    decide(settlement, Decision.RETURN)

    assert balance(merchant) == 10_000
    assert broken_books() == []


# --- By bank file


def test_a_file_has_each_merchant_once_and_its_sums(filed, clock):
    approve(filed, clock)

    content = download_bank_file(file_id=filed.pk, actor=MAKER, now=clock.now)

    root = etree.fromstring(content)
    one = {"p": root.nsmap[None]}
    assert root.xpath("string(//p:GrpHdr/p:NbOfTxs)", namespaces=one) == "1"
    assert root.xpath("string(//p:PmtInf/p:CtrlSum)", namespaces=one) == "10000"
    assert root.xpath("string(//p:CdtTrfTxInf//p:InstdAmt)", namespaces=one) == "10000"
    assert root.xpath("string(//p:CdtrAcct//p:IBAN)", namespaces=one) == BANK.account
    settlement = Settlement.objects.get()
    assert root.xpath("string(//p:EndToEndId)", namespaces=one) == settlement.pk.hex
    assert BANK.account.encode() not in bytes(BankFile.objects.get().content_encrypted)


def test_nobody_downloads_what_one_person_made(filed, clock):
    get = {"file_id": filed.pk, "actor": MAKER, "now": clock.now}
    with pytest.raises(BankFileMoved):
        download_bank_file(**get)
    with pytest.raises(BankFileMoved):
        approve(filed, clock, amount=filed.amount + 1)
    with pytest.raises(BankFileMoved):
        approve(filed, clock, digest="00" * 32)
    approve(filed, clock)
    download_bank_file(**get)

    assert BankFile.objects.get().downloaded_by == MAKER
    with pytest.raises(BankFileMoved):
        move_bank_file(to=BankFileStatus.DISCARDED, reason="lost", **get)


def test_a_discarded_file_gives_back_what_waits(filed, clock):
    move_bank_file(
        file_id=filed.pk, to=BankFileStatus.DISCARDED, reason="a typing error", actor=MAKER,
        now=clock.now,
    )  # fmt: skip

    again = build_bank_file(livemode=False, currency="XAF", created_by=MAKER, now=clock.now)

    assert (again.count, again.amount) == (1, 10_000)
    with pytest.raises(BankFileEmpty):
        build_bank_file(livemode=False, currency="XAF", created_by=MAKER, now=clock.now)
    with pytest.raises(BankFileEmpty):
        build_bank_file(livemode=True, currency="XAF", created_by=MAKER, now=clock.now)
    with pytest.raises(BankAccountUnknown):
        build_bank_file(livemode=False, currency="XOF", created_by=MAKER, now=clock.now)


def test_what_was_paid_left_by_our_bank(sent, clock, decide):
    decide(Settlement.objects.get(), Decision.CONFIRM_PAID)

    assert Account.objects.get(kind="bank").current.amount == 10_000
    with pytest.raises(SettlementMoved):
        decide(Settlement.objects.get(), Decision.CONFIRM_REJECTED)


def test_what_comes_after_the_closing_is_not_paid_with_it(sent, merchant, account, close):
    give(merchant, account, 400)

    assert Settlement.objects.get().amount == 10_000
    assert close(merchant).amount == 400
