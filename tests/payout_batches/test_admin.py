"""What staff see of a batch, and how they put it right."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.payout_batches.models import PayoutBatch, PayoutBatchLine
from apps.payout_batches.services.check_batch import check_batch
from tests.fakes import open_account
from tests.payout_batch_runs.conftest import batch_of_another, digest_of
from tests.payout_batches.conftest import shown

pytestmark = pytest.mark.django_db

FILE = (
    "Nom;Téléphone;Montant\n"
    "Awa;677 00 00 01;15 000\n"
    "Jean;67700;2000\n"
    "Paul;677000003;1.500\n"
    "Luc;677000004;700\n"
).encode()


@pytest.fixture
def staff(db):
    return sign_in("paul", "view_payoutbatch", "add_payoutbatch", "change_payoutbatch")


@pytest.fixture
def draft(read):
    return read(FILE, merchant_reference="wages", file_name="wages.csv")


def sign_in(name: str, *codenames: str) -> Client:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return client


def page(batch):
    return reverse("admin:payout_batches_payoutbatch_change", args=[batch.pk])


def line_url(batch, number):
    return reverse("admin:payout_batches_line", args=[batch.pk, number])


def test_a_file_is_uploaded_and_read_later(staff, provider, merchant):
    open_account(operations=["disburse"])
    answer = staff.post(
        reverse("admin:payout_batches_payoutbatch_add"),
        {
            "merchant": merchant.pk,
            "livemode": "test",
            "currency": "",
            "reference": "wages",
            "file": SimpleUploadedFile("wages.csv", FILE),
        },
    )

    batch = PayoutBatch.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, page(batch))
    assert (batch.status, batch.livemode, batch.currency) == ("checking", False, "XAF")
    assert batch.created_by.startswith("user:")
    check_batch(batch_id=batch.pk, now=timezone.now())
    assert len(shown(batch)) == 4


def test_faults_come_first_with_their_cell_and_what_was_written(staff, draft):
    html = staff.get(page(draft)).content.decode()

    assert "B3" in html and "C4" in html
    assert 'value="67700"' in html and 'value="1.500"' in html
    # Whoever is paid is masked.
    assert "677000003" not in html and "677 00 00 01" not in html
    assert line_url(draft, 2) not in html

    every = staff.get(f"{page(draft)}?lines=all").content.decode()
    assert line_url(draft, 2) in every


def test_a_line_is_corrected_in_its_place(staff, draft):
    answer = staff.post(line_url(draft, 4), {"phone": "", "amount": "1500"})

    # What was understood and left empty stays.
    line = PayoutBatchLine.objects.get(batch=draft, number=4)
    assert (answer.status_code, line.status, line.amount) == (302, "ready", 1_500)
    assert line.payee_msisdn_masked.endswith("03")
    entry = AuditEntry.objects.get(action="payout_batch.correct_line")
    assert entry.detail == {"line": 4, "columns": ["amount"], "status": "ready"}


def test_lines_are_dropped_and_restored(staff, draft):
    staff.post(line_url(draft, 3), {"drop": "1"})
    assert PayoutBatchLine.objects.get(batch=draft, number=3).status == "dropped"
    staff.post(line_url(draft, 3), {"restore": "1"})
    assert PayoutBatchLine.objects.get(batch=draft, number=3).status == "invalid"


def test_a_draft_is_discarded(staff, draft):
    staff.post(reverse("admin:payout_batches_discard", args=[draft.pk]))

    draft.refresh_from_db()
    assert draft.status == "canceled"
    answer = staff.post(line_url(draft, 3), {"drop": "1"}, follow=True)
    assert PayoutBatchLine.objects.get(batch=draft, number=3).status == "invalid"
    assert answer.status_code == 200


def test_what_is_wrong_is_a_file_that_runs_no_formula(staff, read):
    batch = read(b"nom;phone;amount\nAwa;=1+1;5\n")

    answer = staff.get(reverse("admin:payout_batches_problems", args=[batch.pk]))

    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    assert "2,B2,telephone,'=1+1," in text


def test_who_may_only_look_changes_nothing(draft):
    looker = sign_in("awa", "view_payoutbatch")

    html = looker.get(page(draft)).content.decode()

    assert 'value="67700"' not in html and line_url(draft, 3) not in html
    for url in (line_url(draft, 3), reverse("admin:payout_batches_discard", args=[draft.pk])):
        assert looker.post(url, {"drop": "1"}).status_code == 403
    assert looker.get(reverse("admin:payout_batches_problems", args=[draft.pk])).status_code == 403
    assert looker.get(reverse("admin:payout_batches_payoutbatch_add")).status_code == 403


def test_a_file_that_cannot_be_read_says_why_on_its_page(staff, read):
    batch = read(b"nom;montant\nAwa;5\n")

    assert "No heading was found" in staff.get(page(batch)).content.decode()


def test_staff_see_whose_wallet_it_is_and_another_than_the_maker_confirms(staff, merchant, clock):
    batch = batch_of_another(merchant, now=clock.now)
    looker = sign_in("fanta", "view_payoutbatch")
    seen = staff.get(page(batch), {"lines": "all"}).content.decode()
    assert "Moussa Diop" in seen
    assert "another person’s 45 %" in seen
    # Who may only look is shown no more than the initials.
    seen = looker.get(page(batch), {"lines": "all"}).content.decode()
    assert ("Moussa" in seen, "M••• D•••" in seen) == (False, True)

    digest = digest_of(batch).hex()
    said = {"confirm": "1", "digest": digest, "reason": "Her husband’s number."}
    assert looker.post(line_url(batch, 1), said).status_code == 403
    PayoutBatch.objects.filter(pk=batch.pk).update(
        created_by=f"user:{User.objects.get(username='paul').pk}"
    )
    staff.post(line_url(batch, 1), said)
    assert not batch.name_checks.get().is_confirmed
    PayoutBatch.objects.filter(pk=batch.pk).update(created_by="key:one")
    staff.post(line_url(batch, 1), {**said, "reason": " "})
    assert not batch.name_checks.get().is_confirmed

    staff.post(line_url(batch, 1), said)

    assert batch.name_checks.get().is_confirmed
    assert AuditEntry.objects.filter(action="payout_batch.confirm_payee").count() == 1
    seen = staff.get(page(batch), {"lines": "all"}).content.decode()
    assert ("Moussa" in seen, "Her husband’s number." in seen) == (False, True)
