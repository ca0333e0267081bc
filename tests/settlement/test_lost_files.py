"""A lost bank file is the same file again, or is annulled by two: nothing is paid twice."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from lxml import etree

from apps.approvals.models import ApprovalRequest
from apps.audit.models import AuditEntry
from apps.settlement.models import BankFile, BankFileStatus, Settlement
from apps.settlement.rules.refusals import BankFileMoved, BankFileOfOthers
from apps.settlement.selectors.bank_file_facts import shown_of_file
from apps.settlement.services.annul_bank_file import annul_bank_file
from apps.settlement.services.build_bank_file import build_bank_file
from apps.settlement.services.download_bank_file import download_bank_file
from apps.settlement.services.move_bank_file import move_bank_file
from tests.approvals.test_pages import decide
from tests.settlement.conftest import CHECKER, MAKER, act, approve, broken_books

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fetched(filed, clock):
    approve(filed, clock)
    download_bank_file(file_id=filed.pk, actor="user:3", now=clock.now)
    filed.refresh_from_db()
    return filed


def annul(file, clock, *, asked_by="user:3", by=CHECKER, **changes):
    with transaction.atomic():
        return annul_bank_file(
            shown_of_file(file) | changes, requested_by=asked_by, approved_by=by, reason="lost",
            now=clock.now,
        )  # fmt: skip


def test_a_lost_file_is_fetched_again_by_the_same_people_byte_for_byte(fetched, clock):
    contents = {
        download_bank_file(file_id=fetched.pk, actor=one, now=clock.advance(minutes=1))
        for one in (MAKER, CHECKER, "user:3")
    }

    (content,) = contents
    root = etree.fromstring(content)
    assert root.findtext(".//{*}MsgId") == fetched.pk.hex
    with pytest.raises(BankFileOfOthers):
        download_bank_file(file_id=fetched.pk, actor="user:4", now=clock.now)
    fetches = AuditEntry.objects.filter(action="settlement_file.download").order_by("id")
    assert [(one.actor, one.detail["is_again"]) for one in fetches] == [
        ("user:3", False), (MAKER, True), (CHECKER, True), ("user:3", True),
    ]  # fmt: skip
    fetched.refresh_from_db()
    assert (fetched.downloaded_by, fetched.downloaded_at) == ("user:3", clock.now)


def test_what_the_bank_has_is_not_fetched_again(fetched, clock):
    move_bank_file(
        file_id=fetched.pk, to=BankFileStatus.SENT, reason="in", actor=MAKER, now=clock.now
    )

    with pytest.raises(BankFileMoved):
        download_bank_file(file_id=fetched.pk, actor=MAKER, now=clock.now)
    with pytest.raises(BankFileMoved):
        annul(fetched, clock)


def test_a_file_the_bank_never_had_is_annulled_by_two_and_its_settlements_wait_again(
    fetched, clock
):
    with pytest.raises(BankFileMoved):
        annul(fetched, clock, by="user:3")

    annul(fetched, clock)

    settlement = Settlement.objects.get()
    assert (settlement.status, settlement.bank_file) == ("waiting", None)
    with pytest.raises(BankFileMoved):
        download_bank_file(file_id=fetched.pk, actor=MAKER, now=clock.now)
    again = build_bank_file(livemode=False, currency="XAF", created_by=MAKER, now=clock.now)
    assert (again.amount, again.pk != fetched.pk) == (10_000, True)
    assert broken_books() == []


def test_what_was_fetched_since_it_was_asked_for_is_not_annulled(fetched, clock):
    shown = shown_of_file(fetched)
    download_bank_file(file_id=fetched.pk, actor=MAKER, now=clock.advance(minutes=1))

    with pytest.raises(BankFileMoved):
        annul(fetched, clock, **shown)

    assert Settlement.objects.get().status == "filed"


def test_a_draft_is_not_annulled_and_the_database_refuses_one_person(fetched, clock):
    with pytest.raises(IntegrityError), transaction.atomic():
        BankFile.objects.update(status="annulled", annulled_by=MAKER, annulment_asked_by=MAKER)
    BankFile.objects.update(status="draft")

    with pytest.raises(BankFileMoved):
        annul(fetched, clock)


def test_on_its_page_one_asks_and_another_annuls(filed, clock, maker, checker):
    approve(filed, clock)
    download_bank_file(file_id=filed.pk, actor="user:3", now=clock.now)
    maker.post(act(filed, "annul"), {"reason": "Never handed in."})
    assert BankFile.objects.get().status == "downloaded"
    asked = reverse(
        "admin:approvals_approvalrequest_change", args=[ApprovalRequest.objects.get().pk]
    )
    assert "user:3" in checker.get(asked).content.decode()

    decide(checker, ApprovalRequest.objects.get())

    assert BankFile.objects.get().status == "annulled"
    page = reverse("admin:settlement_bankfile_change", args=[filed.pk])
    assert "annul/" not in maker.get(page).content.decode()
