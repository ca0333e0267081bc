"""What a discrepancy says is a merchant's, or at our bank, is booked there once, by two people."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.urls import reverse

from apps.approvals.models import ApprovalRequest
from apps.core.public_ids import new_id
from apps.ledger.rules.corrections import CorrectionRefused
from apps.ledger.selectors.find_corrections import find_corrections
from apps.ledger.selectors.read_balance import read_balance
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.rules.write_off import WriteOffRefused
from apps.reconciliation.services.correct_ledger import correct_ledger
from apps.reconciliation.services.record_decision import DiscrepancyClosed, DiscrepancyMoved
from tests.factories import MerchantFactory, ProviderAccountFactory
from tests.killed import is_killed_at

from .reports import NOW, foreign_line, line_of, match, stage_and_match
from .test_desk_decisions import broken_invariants, decide, english, paid, people

__all__ = ["english", "people"]

pytestmark = pytest.mark.django_db

BY = {"requested_by": "user:1", "approved_by": "user:2", "reason": "Seen.", "now": NOW}


@pytest.fixture
def account():
    return ProviderAccountFactory()


@pytest.fixture
def theirs(account):
    """The provider has it, we do not."""
    stage_and_match(account, foreign_line())
    return Discrepancy.objects.get(kind="unknown_to_us")


def correcting(row, merchant=None, **changes):
    return {
        "discrepancy_id": str(row.pk),
        "sequence": row.sequence,
        "value": row.value_at_risk,
        "amount": abs(row.value_at_risk),
        "currency": row.currency,
        "correction_id": str(new_id()),
        "account": "merchant_payable" if merchant else "bank",
        "merchant_id": str(merchant.pk) if merchant else "",
        **changes,
    }


def available(merchant, account):
    balance = read_balance(merchant_id=merchant.pk, livemode=account.livemode)
    return sum(one.amount for one in balance.available)


def test_what_the_provider_has_of_a_merchants_is_owed_to_it_and_stays_explained(
    account, people, theirs
):
    merchant = MerchantFactory()

    decide("discrepancy.correct", theirs, correcting(theirs, merchant), people)

    theirs.refresh_from_db()
    assert (theirs.status, theirs.owner) == ("corrected", people[0])
    assert available(merchant, account) == abs(theirs.value_at_risk)
    assert len(find_corrections(discrepancy_id=theirs.pk)) == 1
    match(theirs.statement, now=NOW)
    assert not Discrepancy.objects.filter(status="open").exists()
    assert not broken_invariants()


def test_what_the_provider_does_not_have_is_taken_from_whose_it_is(account, people):
    payment = paid(account, amount=700)
    stage_and_match(account, line_of(paid(account, amount=500)))
    row = Discrepancy.objects.get(kind="unknown_to_them")
    before = available(payment.merchant, account)
    with pytest.raises(CorrectionRefused):
        correct_ledger(correcting(row, MerchantFactory()), **BY)

    decide("discrepancy.correct", row, correcting(row, payment.merchant), people)

    assert available(payment.merchant, account) == before - 700
    assert not broken_invariants()


def test_it_is_booked_once_as_it_was_shown(account, people, theirs):
    for changes, refusal in (
        ({"sequence": 9}, DiscrepancyMoved),
        ({"value": 1}, CorrectionRefused),
        ({"amount": 1}, CorrectionRefused),
        ({"currency": "XOF"}, CorrectionRefused),
        ({"account": "fee_revenue"}, CorrectionRefused),
        ({"account": "merchant_payable"}, CorrectionRefused),
    ):
        with pytest.raises(refusal):
            correct_ledger(correcting(theirs, **changes), **BY)
    assert not find_corrections()

    decide("discrepancy.correct", theirs, correcting(theirs), people)
    with pytest.raises(DiscrepancyClosed):
        correct_ledger(correcting(theirs), **BY)

    (correction,) = find_corrections()
    assert correction.transfer.to_account.kind == "bank"
    assert correction.transfer.amount == abs(theirs.value_at_risk)


def test_what_comes_again_on_another_report_is_not_booked_again(account, people, theirs):
    decide("discrepancy.correct", theirs, correcting(theirs), people)
    theirs.refresh_from_db()
    again = Discrepancy.objects.create(
        kind=theirs.kind, provider_account=account, statement=theirs.statement, line=theirs.line,
        their_amount=theirs.their_amount, currency=theirs.currency, opened_at=NOW,
    )  # fmt: skip
    again.refresh_from_db()

    with pytest.raises(WriteOffRefused):
        correct_ledger(correcting(again), **BY)


def test_who_is_asked_at_the_desk_is_shown_what_is_booked(admin_client, theirs):
    merchant = MerchantFactory()
    address = reverse("admin:reconciliation_desk_act", args=["correct"])
    sent = {
        "action": "correct", "d": f"{theirs.pk}.{theirs.sequence}", "account": "merchant_payable",
        "reason": "It is theirs.",
    }  # fmt: skip
    assert admin_client.post(address, sent | {"merchant": "mer_1"}).status_code == 200
    assert not ApprovalRequest.objects.exists()

    admin_client.post(address, sent | {"merchant": merchant.public_id})

    request = ApprovalRequest.objects.get()
    page = reverse("admin:approvals_approvalrequest_change", args=[request.pk])
    shown = admin_client.get(page).content.decode()
    assert merchant.name in shown
    assert theirs.public_id in shown


@pytest.mark.django_db(transaction=True)
def test_who_is_killed_at_it_has_done_nothing(account, theirs):
    User.objects.create_user("awa", pk=1)
    payload = correcting(theirs)

    def correct():
        correct_ledger(payload, **BY)
        connection.close()

    assert is_killed_at("discrepancies.correct.after_booking", correct)
    assert not find_corrections()
    correct()

    assert len(find_corrections()) == 1
