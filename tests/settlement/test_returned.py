"""What our bank had paid and came back is the merchant's again, once, and is paid by another."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.urls import reverse

from apps.approvals.models import ApprovalRequest
from apps.ledger.models import Account, Correction
from apps.ledger.rules.corrections import CorrectionRefused
from apps.ledger.services.reverse_transfer import reverse_transfer
from apps.settlement.models import Settlement
from apps.settlement.rules.contradiction_of import ended_otherwise
from apps.settlement.rules.refusals import SettlementMoved
from apps.settlement.services.book_returned_transfer import book_returned_transfer
from apps.settlement.services.build_bank_file import build_bank_file
from apps.settlement.services.confirm_approved_transfer import confirm_approved_transfer
from apps.settlement.services.decide_settlement import Decision, decide_settlement
from apps.webhooks.models import Event
from tests.killed import is_killed_at
from tests.settlement.conftest import CHECKER, MAKER, approve, balance, broken_books

pytestmark = pytest.mark.django_db(transaction=True)

BY = {"requested_by": MAKER, "approved_by": CHECKER, "reason": "The account is closed."}


@pytest.fixture
def paid(sent, clock):
    return decide_settlement(
        settlement_id=Settlement.objects.get().pk, decision=Decision.CONFIRM_PAID, reason="seen",
        actor=MAKER, now=clock.now,
    )  # fmt: skip


def returning(settlement, **changes):
    return {
        "settlement_id": str(settlement.pk),
        "amount": settlement.amount,
        "currency": settlement.currency,
        "evidence": "CAMT 2026-11-27/9",
        **changes,
    }


def test_it_is_in_the_balance_again_and_paid_by_another_settlement_alone(
    paid, clock, merchant, close
):
    returned = book_returned_transfer(returning(paid), **BY, now=clock.now)

    assert (returned.status, returned.reason_code) == ("failed", "returned_by_bank")
    assert balance(merchant) == 10_000
    assert Account.objects.get(kind="bank").current.amount == 0
    assert Event.objects.filter(object_id=paid.pk).latest("sequence").type == "settlement.failed"
    assert broken_books() == []

    following = close(merchant)

    assert {line.kind: line.amount for line in following.lines.all()}["correction_in"] == 10_000
    assert following.amount == 10_000
    file = build_bank_file(livemode=False, currency="XAF", created_by=MAKER, now=clock.now)
    approve(file, clock)
    assert list(file.settlements.all()) == [following]
    assert broken_books() == []


def test_it_never_comes_back_twice_nor_is_paid_after_all(paid, clock, merchant):
    book_returned_transfer(returning(paid), **BY, now=clock.now)

    with pytest.raises(SettlementMoved):
        book_returned_transfer(returning(paid), **BY, now=clock.now)
    correction = Correction.objects.get()
    # Nor is the settlement left unpaid, and its amount gone, by whoever takes that back.
    for one in (correction.reverses, correction.transfer):
        payload = {
            "transfer_id": str(one.pk), "kind": one.kind, "amount": one.amount,
            "currency": one.currency, "evidence": "again",
        }  # fmt: skip
        with pytest.raises(CorrectionRefused):
            reverse_transfer(payload, **BY, now=clock.now)
    for decision in ("confirm_paid_after_all", "confirm_returned"):
        with pytest.raises(SettlementMoved):
            confirm_approved_transfer(
                {"settlement_id": str(paid.pk), "decision": decision}, **BY, now=clock.now
            )

    assert balance(merchant) == 10_000
    # The bank's own answers say paid, then rejected: neither is wrong.
    paid.refresh_from_db()
    assert [ended_otherwise(paid, said) for said in (True, False)] == ["", ""]


def test_what_is_not_as_it_was_shown_or_not_paid_does_not_come_back(sent, clock, merchant):
    settlement = Settlement.objects.get()
    with pytest.raises(SettlementMoved):
        book_returned_transfer(returning(settlement), **BY, now=clock.now)
    decide_settlement(
        settlement_id=settlement.pk, decision=Decision.CONFIRM_PAID, reason="seen", actor=MAKER,
        now=clock.now,
    )  # fmt: skip
    for changes in ({"amount": 9_999}, {"currency": "XOF"}, {"evidence": ""}):
        with pytest.raises((SettlementMoved, CorrectionRefused)):
            book_returned_transfer(returning(settlement, **changes), **BY, now=clock.now)

    settlement.refresh_from_db()
    assert (settlement.status, balance(merchant)) == ("paid", 0)


def test_who_is_killed_at_it_has_done_nothing(paid, clock, merchant):
    def come_back():
        book_returned_transfer(returning(paid), **BY, now=clock.now)
        connection.close()

    assert is_killed_at("ledger.correction.after_transfer", come_back)
    assert balance(merchant) == 0
    come_back()

    assert balance(merchant) == 10_000


def test_two_people_say_so_on_its_page(paid, maker, checker, merchant):
    maker.post(
        reverse("admin:settlement_decide", args=[paid.pk, "confirm_returned"]),
        {
            "evidence": "CAMT 9", "reason": "The account is closed.",
            "file": SimpleUploadedFile("statement.txt", b"+10000"),
        },
    )  # fmt: skip
    request = ApprovalRequest.objects.get()
    assert request.evidence.size == 6
    assert request.action == "settlement.returned"
    shown = checker.get(reverse("admin:approvals_approvalrequest_change", args=[request.pk]))
    assert "CAMT 9" in shown.content.decode()
    with transaction.atomic():
        checker.post(
            reverse("admin:approvals_approvalrequest_changelist"),
            {
                "action": "approve", "_selected_action": str(request.pk), "decided": "1",
                f"digest_{request.pk}": bytes(request.digest).hex(),
            },
        )  # fmt: skip

    assert balance(merchant) == 10_000
    page = maker.get(reverse("admin:settlement_settlement_change", args=[paid.pk]))
    assert Correction.objects.get().public_id in page.content.decode()
