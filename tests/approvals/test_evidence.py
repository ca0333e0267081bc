"""What proves a reason is shown to who approves, is part of what is approved, and stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from apps.approvals.models import ApprovalEvidence, ApprovalRequest, RejectionEvidence
from apps.approvals.services.decide_approval import ApprovalChanged
from apps.approvals.services.request_approval import request_approval
from apps.audit.models import AuditEntry
from apps.core.attachment_type import FILE_BYTES_MAX
from apps.core.public_ids import first_id_at, new_id
from apps.core.retention import forget_old_rows
from apps.vault.kept_files import check_file
from tests.approvals.conftest import DONE
from tests.approvals.test_pages import decide as decide_on_page
from tests.disputes.test_staff import staff
from tests.factories import MerchantFactory

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\nthe bank's letter"
ADJUST = reverse("admin:ledger_correction_adjust")
CORRECTING = ("add_correction", "view_correction", "add_approvalrequest")


@pytest.fixture
def proved(person):
    """A request with a file."""
    request = request_approval(
        action="test.do",
        target="thing_1",
        payload={},
        reason="See the letter",
        requested_by=person("awa"),
        now=timezone.now(),
        evidence=check_file("../letter.pdf", PDF),
    )
    DONE.clear()
    return request


def typed(merchant, **changes):
    return {
        "correction_id": str(new_id()), "livemode": "test", "currency": "XAF", "amount": "700",
        "from_kind": "bank", "to_kind": "merchant_payable", "merchant": merchant.public_id,
        "provider_account": "", "evidence": "Letter 12", "reason": "The bank sent it back.",
        **changes,
    }  # fmt: skip


def test_another_file_than_was_shown_is_not_approved(proved, person, decide):
    binta, rows = person("binta"), ApprovalEvidence.objects.all()
    letter = bytes(rows.get().sha256)
    rows.update(sha256=check_file("other.pdf", PDF + b"!").sha256)
    with pytest.raises(ApprovalChanged):
        decide(proved, binta)
    rows.update(sha256=letter)
    kept = rows.get()
    rows.delete()
    with pytest.raises(ApprovalChanged):
        decide(proved, binta)
    assert DONE == []
    kept.save(force_insert=True)

    assert decide(proved, binta).status == "approved"

    asked = AuditEntry.objects.get(action="test.do.request")
    assert asked.detail["evidence"]["sha256"] == letter.hex()


def test_whoever_asks_adds_a_file_and_whoever_approves_has_it_in_hand(transactional_db):
    merchant, letter = MerchantFactory(), SimpleUploadedFile("letter.pdf", PDF)
    asked = staff("awa", *CORRECTING).post(ADJUST, typed(merchant, file=letter))
    request = ApprovalRequest.objects.get()
    assert asked.status_code == 302
    file = reverse("admin:approvals_evidence", args=[request.pk])
    binta = staff("binta", "decide")

    page = binta.get(reverse("admin:approvals_approvalrequest_change", args=[request.pk]))
    shown, _ = decide_on_page(binta, request)

    assert all(file in html and "letter.pdf" in html for html in (page.content.decode(), shown))
    request.refresh_from_db()
    assert request.status == "approved"
    response = binta.get(file)
    assert response.content == PDF
    assert response["Content-Disposition"] == 'attachment; filename="letter.pdf"'
    assert "sandbox" in response["Content-Security-Policy"]
    assert staff("chidi").get(file).status_code in (302, 403, 404)


def test_who_rejects_adds_a_file_and_who_asked_has_it_in_hand(person, decide):
    awa, letter = staff("awa", *CORRECTING), SimpleUploadedFile("statement.pdf", PDF)
    awa.post(ADJUST, typed(MerchantFactory()))
    request = ApprovalRequest.objects.get()
    file = reverse("admin:approvals_rejection_evidence", args=[request.pk])
    assert awa.get(file).status_code == 404

    decide_on_page(
        staff("binta", "decide"), request, "reject", reason="It never came.", file=letter
    )

    request.refresh_from_db()
    assert request.status == "rejected"
    page = awa.get(reverse("admin:approvals_approvalrequest_change", args=[request.pk]))
    assert file in page.content.decode() and "statement.pdf" in page.content.decode()
    assert awa.get(file).content == PDF
    assert staff("chidi", "view_correction").get(file).status_code in (302, 403, 404)
    told = AuditEntry.objects.get(action="ledger.adjust.reject")
    assert told.detail["evidence"]["sha256"] == bytes(RejectionEvidence.objects.get().sha256).hex()


def test_a_file_that_proves_nothing_rejects_nothing_and_the_reason_stays_typed(proved):
    binta = staff("binta", "decide")
    program = SimpleUploadedFile("letter.pdf", b"MZ\x90\x00 a program")

    _, page = decide_on_page(binta, proved, "reject", reason="It never came.", file=program)

    proved.refresh_from_db()
    assert proved.status == "pending" and not RejectionEvidence.objects.exists()
    assert "It never came." in page and "Only images" in page


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("letter.pdf", b"MZ\x90\x00 a program"),
        ("letter.pdf", b""),
        ("long.txt", b"a" * (FILE_BYTES_MAX + 1)),
    ],
    ids=["a program", "empty", "too large"],
)
def test_what_proves_nothing_is_refused_beside_its_field(name, content):
    letter = SimpleUploadedFile(name, content)

    page = staff("awa", *CORRECTING).post(ADJUST, typed(MerchantFactory(), file=letter))

    assert page.status_code == 200
    assert page.context["form"].errors.keys() == {"file"}
    assert not ApprovalRequest.objects.exists()


def test_what_was_altered_is_said_to_be(proved, person):
    row = ApprovalEvidence.objects.get()
    row.content_encrypted = bytes(row.content_encrypted)[:-1] + b"?"
    row.save()

    page = staff("binta", "decide").get(
        reverse("admin:approvals_evidence", args=[proved.pk]), follow=True
    )

    assert "does not open" in page.content.decode()


def test_it_stays_when_requests_without_one_are_forgotten(proved, person, ask, decide):
    bare, refused = (ask(person(name), f"thing_{name}") for name in ("dede", "efua"))
    binta = person("binta")
    for one in (proved, bare):
        decide(one, binta)
    decide(refused, binta, is_approved=False, reason="No", evidence=check_file("no.pdf", PDF))
    then = timezone.now() + timedelta(days=10_000)
    assert first_id_at(then) > bare.pk

    forget_old_rows(now=then)

    assert set(ApprovalRequest.objects.all()) == {proved, refused}
