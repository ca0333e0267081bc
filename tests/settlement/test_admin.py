"""Terms and bank files on their pages: one person asks, another approves, a file is taken once."""

import pytest
from django.urls import reverse
from django.utils.translation import override

from apps.approvals.models import ApprovalRequest
from apps.settlement.models import BankFile, Settlement, SettlementCycle, SettlementTerms
from apps.settlement.selectors.describe_terms import describe_terms
from tests.approvals.test_pages import decide
from tests.settlement.conftest import BANK, OURS, act, agree, broken_books, staff

pytestmark = pytest.mark.django_db(transaction=True)

TERMS = reverse("admin:settlement_settlementterms_add")
NEW_FILE = reverse("admin:settlement_bankfile_add")


def test_terms_hold_once_another_person_has_approved_them(clock, merchant, maker, checker):
    form = {
        "merchant": merchant.public_id, "livemode": "test", "currency": "XAF", "cadence": "weekly",
        "weekday": "0", "hour": "6", "amount_min": "500", "paid_by": "payout",
        "phone": "+237 677000003", "reason": "As signed.",
    }  # fmt: skip
    refused = maker.post(TERMS, {**form, "weekday": ""})
    assert "weekday" in refused.context_data["form"].errors

    maker.post(TERMS, form)

    terms = SettlementTerms.objects.get()
    assert terms.number is None
    decide(checker, ApprovalRequest.objects.get())
    terms.refresh_from_db()
    assert (terms.number, terms.approved_by != terms.created_by) == (1, True)

    maker.post(TERMS, {**form, "amount_min": "700", "phone": "+237 677111003"})
    # Most of its number is hidden: what is shown of both is the same, but to who decides.
    other = SettlementTerms.objects.get(number=None)
    assert other.payee_masked == terms.payee_masked
    with override("en"):
        told = describe_terms({"terms_id": str(other.pk)})
    assert len([line for line in told if "<del>Least amount" in line]) == 1
    assert told[-1] == "The payee is another than until now."
    request = ApprovalRequest.objects.get(status="pending")
    asked, _ = decide(checker, request)
    assert "+237677111003</ins>" in asked and "+237677000003</del>" in asked
    done = checker.get(reverse("admin:approvals_approvalrequest_change", args=[request.pk]))
    assert "677111003" not in done.content.decode() and "•••03" in done.content.decode()


def test_who_decides_on_a_bank_account_sees_all_of_it(clock, merchant, maker, checker):
    form = {
        "merchant": merchant.public_id, "livemode": "test", "currency": "XAF", "cadence": "daily",
        "hour": "6", "amount_min": "500", "paid_by": "bank_file", "name": BANK.name,
        "account": BANK.account, "bic": BANK.bic, "reason": "As signed.",
    }  # fmt: skip

    maker.post(TERMS, form)

    asked, _ = decide(checker, ApprovalRequest.objects.get())
    assert f"{BANK.name}, {BANK.account}, {BANK.bic}" in asked


def test_a_bank_file_is_approved_by_another_person_and_taken(
    clock, merchant, close, maker, checker, settings
):
    settings.SETTLEMENT_ACCOUNTS = OURS
    agree(merchant, now=clock.now, paid_by="bank_file", payee=BANK)
    close(merchant)
    maker.post(NEW_FILE, {"livemode": "test", "currency": "XAF"})
    file = BankFile.objects.get()
    assert maker.post(act(file, "download")).status_code == 302

    maker.post(act(file, "ask"), {"reason": "The week's."})
    decide(checker, ApprovalRequest.objects.get())
    first, again = (maker.post(act(file, "download")) for _ in range(2))

    assert first["Content-Type"] == "application/xml"
    assert first.content.count(b"<EndToEndId>") == 1
    assert again.content == first.content
    assert Settlement.objects.get().status == "filed"


@pytest.mark.parametrize(
    ("said", "status"), [("confirm_paid", "paid"), ("confirm_rejected", "failed")]
)
def test_what_the_bank_did_is_said_by_two(sent, maker, checker, said, status):
    settlement = Settlement.objects.get()
    page = reverse("admin:settlement_decide", args=[settlement.pk, said])

    maker.post(page, {"reason": "As the bank's account shows."})

    settlement.refresh_from_db()
    assert settlement.status == "sent"
    decide(checker, ApprovalRequest.objects.get())
    settlement.refresh_from_db()
    assert settlement.status == status
    assert broken_books() == []


def test_a_form_that_was_open_too_long_does_not_do_the_opposite(clock, merchant, terms, staff_of):
    cycle = SettlementCycle.objects.get()
    page = reverse("admin:settlement_hold_back", args=[cycle.pk, "hold-back"])
    client = staff_of("view_settlementcycle", "change_settlementcycle")

    for _ in range(2):
        client.post(page, {"reason": "The bank asked."})

    cycle.refresh_from_db()
    assert cycle.held_back_reason == "The bank asked."


def test_who_may_only_look_changes_nothing(clock, merchant, close, settings):
    settings.SETTLEMENT_ACCOUNTS = OURS
    agree(merchant, now=clock.now, paid_by="bank_file", payee=BANK)
    close(merchant)
    reader = staff("chidi", "view_bankfile", "view_settlement", "view_settlementterms")

    assert reader.post(NEW_FILE, {"livemode": "test", "currency": "XAF"}).status_code == 403
    assert reader.post(TERMS, {}).status_code == 403
    assert BankFile.objects.count() == 0
