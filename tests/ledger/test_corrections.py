"""What two people put right in the books is booked once, today, and shows what it puts right."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.approvals.models import ApprovalRequest
from apps.approvals.services.decide_approval import (
    ApprovalByTheSamePerson,
    ApprovalChanged,
    decide_approval,
)
from apps.approvals.services.request_approval import request_approval
from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.core.public_ids import encode_id, new_id
from apps.ledger.invariants import INVARIANTS
from apps.ledger.models import Account, Balance, Correction, Transfer, TransferKind
from apps.ledger.rules.corrections import REVERSIBLE, AlreadyReversed, CorrectionRefused
from apps.ledger.rules.postings import CORRECTIONS
from apps.ledger.selectors.list_movements import MovementFilter, list_movements
from apps.ledger.selectors.read_balance import read_balance
from apps.ledger.selectors.read_journal import read_journal
from apps.ledger.services.adjust_accounts import adjust_accounts
from apps.ledger.services.post import post
from apps.ledger.services.reverse_transfer import reverse_transfer
from apps.reconciliation.selectors.find_violations import TABLES
from apps.reconciliation.tests.corruption import lift_safeguards
from tests.factories import MerchantFactory, ProviderAccountFactory
from tests.killed import is_killed_at
from tests.tries import examples

pytestmark = pytest.mark.django_db

PEOPLE = {"requested_by": "user:1", "approved_by": "user:2", "reason": "Seen with the bank."}
THEIRS = [one for one in INVARIANTS if one.id == "I23"]


@pytest.fixture
def merchant():
    return MerchantFactory()


@pytest.fixture
def rail():
    return ProviderAccountFactory(livemode=False)


@pytest.fixture
def book(merchant, rail):
    def booked(kind, amount, **more):
        (row,) = post(
            {kind: Money(amount, "XAF")},
            merchant_id=merchant.pk,
            provider_account_id=rail.pk,
            source_id=new_id(),
            livemode=False,
            now=more.pop("now", timezone.now()),
        )
        bulk_write([row])
        return row

    return booked


def taking_back(transfer, **changes):
    return {
        "transfer_id": str(transfer.pk),
        "kind": transfer.kind,
        "amount": transfer.amount,
        "currency": transfer.currency,
        "evidence": "20261127000418",
        **changes,
    }


def adjusting(merchant, rail, **changes):
    return {
        "correction_id": str(new_id()),
        "from": "provider_clearing",
        "to": "merchant_payable",
        "merchant_id": str(merchant.pk),
        "provider_account_id": str(rail.pk),
        "amount": 700,
        "currency": "XAF",
        "livemode": False,
        "evidence": "Letter 12",
        "discrepancy_id": "",
        **changes,
    }


def balance(merchant):
    return sum(
        one.amount for one in read_balance(merchant_id=merchant.pk, livemode=False).available
    )


def broken():
    found = set()
    with connection.cursor() as cursor:
        for one in INVARIANTS:
            if one.id in ("I1", "I23"):
                cursor.execute(one.sql.format_map(TABLES))
                if cursor.fetchone():
                    found.add(one)
    return found


def test_what_was_sent_and_came_back_is_the_merchants_again_on_a_line_of_its_own(
    merchant, rail, book
):
    long_ago = timezone.now() - timedelta(days=70)
    sent = book(TransferKind.PAYOUT_SENT, 5_000, now=long_ago)
    before = list(read_journal(
        first_day=long_ago.date(), last_day=long_ago.date(), zone="UTC", currency="XAF",
        livemode=False,
    ))  # fmt: skip

    correction = reverse_transfer(taking_back(sent), **PEOPLE, now=timezone.now())

    assert balance(merchant) == 5_000
    assert correction.evidence == "20261127000418"
    movements = list_movements(
        merchant_id=merchant.pk, livemode=False, wanted=MovementFilter(), limit=10
    )
    (line,) = movements.rows
    assert (line.kind, line.direction, line.amount) == ("correction_in", "in", 5_000)
    assert line.source_id == correction.pk
    # The month that is over has what it had; today's journal names what is put right.
    assert before == list(read_journal(
        first_day=long_ago.date(), last_day=long_ago.date(), zone="UTC", currency="XAF",
        livemode=False,
    ))  # fmt: skip
    today = timezone.now().date()
    lines = list(read_journal(
        first_day=today, last_day=today, zone="UTC", currency="XAF", livemode=False
    ))  # fmt: skip
    assert [(one.account, one.debit, one.credit) for one in lines] == [
        ("552", 5_000, 0), ("4712", 0, 5_000),
    ]  # fmt: skip
    assert {one.corrects for one in lines} == {
        f"{correction.public_id}, {encode_id('tr', sent.pk)}, {long_ago:%Y-%m-%d}"
    }
    assert broken() == set()


def test_what_has_an_act_of_its_own_is_not_taken_back_otherwise(book):
    for kind in sorted(set(TransferKind) - REVERSIBLE):
        with pytest.raises(CorrectionRefused):
            reverse_transfer(taking_back(book(kind, 5)), **PEOPLE, now=timezone.now())

    assert not Correction.objects.exists()


def test_a_transfer_is_taken_back_once_and_what_took_it_back_too(merchant, rail, book):
    sent = book(TransferKind.REFUND_SENT, 900)
    first = reverse_transfer(taking_back(sent), **PEOPLE, now=timezone.now())

    with pytest.raises(AlreadyReversed):
        reverse_transfer(taking_back(sent), **PEOPLE, now=timezone.now())
    reverse_transfer(taking_back(first.transfer), **PEOPLE, now=timezone.now())

    assert balance(merchant) == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        Correction.objects.filter(pk=first.pk).update(reverses=first.transfer)
    assert broken() == set()


def test_what_is_not_as_it_was_shown_is_not_taken_back(book):
    sent = book(TransferKind.REFUND_SENT, 900)

    for changes in ({"amount": 901}, {"currency": "XOF"}, {"kind": "gross"}, {"evidence": " "}):
        with pytest.raises(CorrectionRefused):
            reverse_transfer(taking_back(sent, **changes), **PEOPLE, now=timezone.now())

    assert Transfer.objects.count() == 1


def test_what_the_books_missed_is_booked_once(merchant, rail):
    payload = adjusting(merchant, rail)

    adjust_accounts(payload, **PEOPLE, now=timezone.now())
    with pytest.raises(AlreadyReversed):
        adjust_accounts(payload, **PEOPLE, now=timezone.now())

    assert balance(merchant) == 700
    assert broken() == set()


def test_nothing_is_booked_between_accounts_that_are_not_meant(merchant, rail):
    for changes in (
        {"from": "merchant_held"},
        {"from": "merchant_payable"},
        {"from": "fee_revenue", "to": "bank"},
        {"merchant_id": ""},
        {"merchant_id": "00000000-0000-4000-8000-000000000001"},
        {"provider_account_id": ""},
        {"livemode": True},
        {"currency": "XOF"},
        {"currency": "ABC"},
        {"amount": 0},
        {"amount": -1},
        {"evidence": ""},
    ):
        with pytest.raises(CorrectionRefused):
            adjust_accounts(adjusting(merchant, rail, **changes), **PEOPLE, now=timezone.now())

    assert not Transfer.objects.exists()


def test_what_lies_at_a_merchants_own_provider_is_never_anothers(merchant):
    theirs = ProviderAccountFactory(livemode=False, merchant_id=MerchantFactory().pk)
    own = ProviderAccountFactory(livemode=False, merchant_id=merchant.pk)
    backwards = {"from": "merchant_payable", "to": "provider_clearing"}

    for changes in ({}, backwards):
        with pytest.raises(CorrectionRefused):
            adjust_accounts(adjusting(merchant, theirs, **changes), **PEOPLE, now=timezone.now())
        adjust_accounts(adjusting(merchant, own, **changes), **PEOPLE, now=timezone.now())

    assert (Correction.objects.count(), balance(merchant)) == (2, 0)
    assert broken() == set()


def test_a_correction_is_never_called_as_what_is_booked_already(merchant, rail, book):
    booked = book(TransferKind.GROSS, 300)

    with pytest.raises(CorrectionRefused):
        adjust_accounts(
            adjusting(merchant, rail, correction_id=str(booked.source_id)),
            **PEOPLE,
            now=timezone.now(),
        )

    assert balance(merchant) == 300


def test_it_is_done_by_two_people_as_it_was_shown(book):
    sent = book(TransferKind.PAYOUT_SENT, 300)
    awa, binta = (User.objects.create_user(name, is_staff=True) for name in ("awa", "binta"))
    request = request_approval(
        action="ledger.reverse",
        target=encode_id("tr", sent.pk),
        payload=taking_back(sent),
        reason="It came back.",
        requested_by=awa,
        now=timezone.now(),
    )

    def decide(by, digest):
        decide_approval(
            request_id=request.pk, is_approved=True, shown_digest=digest, decided_by=by,
            now=timezone.now(),
        )  # fmt: skip

    with pytest.raises(ApprovalByTheSamePerson):
        decide(awa, bytes(request.digest))
    with pytest.raises(ApprovalChanged):
        decide(binta, b"another")
    assert not Correction.objects.exists()
    decide(binta, bytes(request.digest))

    correction = Correction.objects.get()
    assert (correction.requested_by, correction.approved_by) == (
        f"user:{awa.pk}",
        f"user:{binta.pk}",
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        Correction.objects.update(approved_by=correction.requested_by)


def test_finance_asks_on_the_pages_and_sees_what_was_put_right(admin_client, merchant, rail, book):
    sent = book(TransferKind.PAYOUT_SENT, 300)
    page = reverse("admin:ledger_transfer_change", args=[sent.pk])
    asked = admin_client.post(
        reverse("admin:ledger_transfer_take_back", args=[sent.pk]),
        {"evidence": "CAMT 4", "reason": "It came back."},
    )
    assert asked.status_code == 302
    typed = {
        "correction_id": str(new_id()), "livemode": "test", "currency": "XAF", "amount": "700",
        "from_kind": "bank", "to_kind": "merchant_payable", "merchant": merchant.public_id,
        "provider_account": "", "evidence": "Letter 12", "reason": "The bank sent it back.",
    }  # fmt: skip
    adjust = reverse("admin:ledger_correction_adjust")
    for _ in range(2):
        admin_client.post(adjust, typed)
    other = admin_client.post(adjust, typed | {"provider_account": rail.public_id})

    assert other.status_code == 200
    assert sorted(ApprovalRequest.objects.values_list("action", flat=True)) == [
        "ledger.adjust", "ledger.reverse",
    ]  # fmt: skip
    for one in ApprovalRequest.objects.all():
        shown = admin_client.get(reverse("admin:approvals_approvalrequest_change", args=[one.pk]))
        assert (
            "CAMT 4" if one.action == "ledger.reverse" else "Letter 12"
        ) in shown.content.decode()
    correction = reverse_transfer(taking_back(sent), **PEOPLE, now=timezone.now())
    account = Account.objects.get(kind="merchant_payable", owner_id=merchant.pk)
    for address in (
        page,
        reverse("admin:ledger_account_change", args=[account.pk]),
        reverse("admin:ledger_correction_changelist"),
    ):
        assert correction.public_id in admin_client.get(address).content.decode()


def test_who_may_not_ask_is_refused(client, book):
    sent = book(TransferKind.PAYOUT_SENT, 300)
    client.force_login(User.objects.create_user("awa", is_staff=True))

    for address in (
        reverse("admin:ledger_transfer_take_back", args=[sent.pk]),
        reverse("admin:ledger_correction_adjust"),
    ):
        assert client.get(address).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_two_at_once_take_it_back_once_and_who_is_killed_did_nothing(merchant, book):
    sent = book(TransferKind.PAYOUT_SENT, 300)

    def reverse_now():
        try:
            reverse_transfer(taking_back(sent), **PEOPLE, now=timezone.now())
        except AlreadyReversed:
            refused.append(True)
        finally:
            connection.close()

    refused = []
    assert is_killed_at("ledger.correction.after_transfer", reverse_now)
    assert balance(merchant) == 0
    people = [threading.Thread(target=reverse_now) for _ in range(2)]
    for one in people:
        one.start()
    for one in people:
        one.join()

    assert refused == [True]
    assert balance(merchant) == 300


@settings(
    max_examples=examples(6),
)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(REVERSIBLE - set(CORRECTIONS))),
                  st.integers(1, 10**9), st.lists(st.integers(0, 5), max_size=4)),
        min_size=1, max_size=5,
    )
)  # fmt: skip
def test_in_every_order_each_is_taken_back_once_and_all_sums_to_zero(merchant, rail, book, booked):
    """Of each: how often somebody takes back it, or what took it back."""
    with transaction.atomic():
        for kind, amount, tries in booked:
            chain = [book(kind, amount)]
            for place in tries:
                wanted = chain[place % len(chain)]
                was_last = wanted is chain[-1]
                try:
                    correction = reverse_transfer(taking_back(wanted), **PEOPLE, now=timezone.now())
                except AlreadyReversed:
                    assert not was_last
                else:
                    assert was_last
                    chain.append(correction.transfer)
            net = sum(amount if n % 2 == 0 else -amount for n in range(len(chain)))
            assert net in (0, amount)
        assert sum(Balance.objects.values_list("amount", flat=True)) == 0
        assert broken() == set()
        transaction.set_rollback(True)


CORRUPTIONS = {
    "of nobody": ({0}, "DELETE FROM ledger_correction WHERE reverses_id IS NULL"),
    "booked as another": ({0}, "UPDATE ledger_transfer SET kind = 'gross' WHERE kind LIKE 'corr%'"),
    "another amount": (
        {1},
        "UPDATE ledger_transfer SET amount = amount + 1 WHERE id IN"
        " (SELECT transfer_id FROM ledger_correction WHERE reverses_id IS NOT NULL)",
    ),
    "another direction": (
        {1, 2},
        "UPDATE ledger_transfer SET from_account_id = to_account_id, to_account_id ="
        " from_account_id WHERE kind = 'correction_in'",
    ),
    "accounts that are not put right": (
        {2},
        "UPDATE ledger_account SET kind = 'write_off' WHERE kind = 'merchant_payable'",
    ),
    "with another merchant's own provider": (
        {2},
        "UPDATE providers_provideraccount SET merchant_id = gen_random_uuid()",
    ),
}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_is_found_by_its_invariants(merchant, rail, book, name):
    reverse_transfer(taking_back(book(TransferKind.PAYOUT_SENT, 5)), **PEOPLE, now=timezone.now())
    adjust_accounts(adjusting(merchant, rail), **PEOPLE, now=timezone.now())
    expected, statement = CORRUPTIONS[name]
    assert broken() == set()

    lift_safeguards()
    with connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount

    assert {THEIRS[number] for number in expected} <= broken()
