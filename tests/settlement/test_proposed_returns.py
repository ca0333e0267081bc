"""A transfer that our bank says came back is proposed to two people, proved by the bank's word."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse

from apps.approvals.models import ApprovalRequest
from apps.approvals.services.decide_approval import decide_approval
from apps.approvals.services.request_approval import ApprovalAlreadyPending
from apps.core.public_ids import new_id
from apps.settlement.admin import account_statement
from apps.settlement.models import BankAnswer, BankAnswerLine, Settlement
from apps.settlement.rules.refusals import AccountStatementUnreadable, NotReturned
from apps.settlement.services.build_bank_file import build_bank_file
from apps.settlement.services.decide_settlement import Decision, decide_settlement
from apps.settlement.services.propose_return import propose_return
from apps.settlement.services.propose_returns import propose_returns
from apps.settlement.services.read_account_statement import read_account_statement
from tests.factories import MerchantFactory
from tests.monitoring.test_planted import find
from tests.settlement.conftest import (
    BANK,
    MAKER,
    act,
    agree,
    balance,
    broken_books,
    give,
    hand_in,
)
from tests.settlement.test_bank_answers import message, transfer

pytestmark = pytest.mark.django_db(transaction=True)

OURS = "TEST0000"


def entry(reference, amount="10000", *, side="CRDT", bank="B-77", **marks):
    more = "".join(f"<{name}>{value}</{name}>" for name, value in marks.items())
    return (
        f'<Ntry><Amt Ccy="XAF">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{more}<Sts>BOOK</Sts>'
        "<BookgDt><Dt>2026-11-27</Dt></BookgDt><NtryDtls><TxDtls><Refs>"
        f"<AcctSvcrRef>{bank}</AcctSvcrRef><EndToEndId>{reference}</EndToEndId></Refs>"
        "</TxDtls></NtryDtls></Ntry>"
    )


def statement(*entries, account=OURS):
    return BytesIO(
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt>'
        f"<Id>1</Id><Acct><Id><Othr><Id>{account}</Id></Othr></Id></Acct>{''.join(entries)}"
        "</Stmt></BkToCstmrStmt></Document>".encode()
    )


@pytest.fixture
def read(clock):
    def done(*entries, currency="XAF", **more):
        return read_account_statement(
            livemode=False, currency=currency, statement=statement(*entries, **more), actor=MAKER,
            now=clock.now,
        )  # fmt: skip

    return done


@pytest.fixture
def paid(sent, clock):
    return decide_settlement(
        settlement_id=Settlement.objects.get().pk, decision=Decision.CONFIRM_PAID, reason="seen",
        actor=MAKER, now=clock.now,
    )  # fmt: skip


@pytest.fixture
def propose(clock, maker, checker):
    awa = User.objects.get(username="awa")

    def done(answers):
        return propose_returns(answers, reason="It came back", requested_by=awa, now=clock.now)

    return done


@pytest.mark.parametrize("marks", [{}, {"RvslInd": "true"}], ids=["a credit", "an undone debit"])
def test_what_the_accounts_statement_has_again_is_proposed_once_and_booked_by_another(
    paid, clock, read, propose, checker, merchant, marks
):
    came = entry(paid.pk.hex, **marks)
    entries = (entry(new_id().hex, side="DBIT"), came, entry("INVOICE 7", "500"))
    found = read(*entries)
    (proposed,) = propose(found.answers)
    assert (found.unknown, found.over, found.unread) == ([], [], 0)
    assert balance(merchant) == 0
    # The same file, and the same money in another.
    assert read(*entries) == found
    again = read(came, came)
    assert again.answers[0].lines.count() == 1
    refusals = [one.refusal for one in propose([*found.answers, *again.answers])]
    assert [type(one) for one in refusals] == [ApprovalAlreadyPending]
    request = ApprovalRequest.objects.get()
    assert request == proposed.request
    assert request.payload["evidence"] == f"{found.answers[0].public_id} B-77"

    with transaction.atomic():
        decide_approval(
            request_id=request.pk, is_approved=True, shown_digest=bytes(request.digest),
            decided_by=User.objects.get(username="binta"), now=clock.now,
        )  # fmt: skip

    paid.refresh_from_db()
    assert (paid.status, paid.reason_code) == ("failed", "returned_by_bank")
    assert balance(merchant) == 10_000
    assert find("bank_contradicts", clock.now, includes_test=1.0) == []
    later = read(came, entry(new_id().hex, side="DBIT"))
    assert (later.answers, later.over) == ([], [paid])
    assert ApprovalRequest.objects.count() == 1
    assert broken_books() == []


def test_another_amount_a_stranger_and_what_cannot_be_read_each_have_their_answer(
    paid, clock, read, propose
):
    stranger = new_id().hex
    found = read(entry(paid.pk.hex, "9000"), entry(stranger), entry(new_id().hex, "ten"))

    assert propose(found.answers) == []
    assert (found.unknown, found.unread) == ([stranger], 1)
    assert BankAnswerLine.objects.get().contradiction == "other_amount"
    assert find("bank_contradicts", clock.now, includes_test=1.0)
    assert not ApprovalRequest.objects.exists()
    with pytest.raises(NotReturned):
        propose_return(
            line_id=BankAnswerLine.objects.get().pk, reason="It came back",
            requested_by=User.objects.get(username="awa"), now=clock.now,
        )  # fmt: skip


def test_a_reference_that_only_python_takes_for_ours_hinders_no_other(paid, read, propose):
    ours = paid.pk.hex
    like_it = [f"+{ours[1:]}", f"{ours[1]}_{ours[2:]}", f"\N{FULLWIDTH DIGIT ZERO}{ours[1:]}"]

    found = read(*(entry(one, "1") for one in like_it), entry(ours))

    (proposed,) = propose(found.answers)
    assert proposed.request.payload["settlement_id"] == str(paid.pk)
    assert found.unknown == []


def test_what_was_not_booked_as_paid_is_turned_down_by_two_as_ever(sent, read, propose):
    found = read(entry(Settlement.objects.get().pk.hex))

    assert propose(found.answers) == []
    assert [one.status for one in found.answers] == ["draft"]


@pytest.mark.parametrize("another", ["CM2110003001000500000605306", ""])
def test_the_statement_of_another_account_is_not_read(paid, read, another):
    with pytest.raises(AccountStatementUnreadable):
        read(entry(paid.pk.hex), account=another)

    assert not BankAnswer.objects.exists()


def test_whoever_reads_a_banks_answer_proposes_what_it_takes_back(paid, maker, checker, merchant):
    maker.cookies["django_language"] = "en"
    answer = message(paid.bank_file, transfer(paid, "RJCT", "AC04")).read()
    sent = {"file": SimpleUploadedFile("a.xml", answer), "reason": "The bank says so"}
    maker.post(act(paid.bank_file, "answer"), sent)

    request = ApprovalRequest.objects.get()

    assert (request.action, request.target) == ("settlement.returned", paid.public_id)
    line = BankAnswerLine.objects.get()
    page = reverse("admin:settlement_bankanswerline_change", args=[line.pk])
    asks = reverse("admin:settlement_bankanswerline_returned", args=[line.pk])
    assert asks in maker.get(page).content.decode()
    again = maker.post(asks, {"reason": "It came back."}, follow=True).content.decode()
    assert "waits for a decision already" in again


def test_what_waits_already_hinders_nothing_that_is_read_again_after_a_crash(
    sent, account, clock, close, maker, monkeypatch
):
    other = MerchantFactory()
    give(other, account, 7_000)
    agree(other, now=clock.now, paid_by="bank_file", payee=BANK)
    close(other)
    hand_in(build_bank_file(livemode=False, currency="XAF", created_by=MAKER, now=clock.now), clock)
    came = [entry(one.pk.hex, str(one.amount)) for one in Settlement.objects.order_by("id")]
    content = statement(*came).read()
    page = reverse("admin:settlement_bankfile_account_statement")
    maker.cookies["django_language"] = "en"
    maker.raise_request_exception = False

    def post():
        file = SimpleUploadedFile("camt.xml", content)
        form = {"livemode": "test", "currency": "XAF", "reason": "It came back", "file": file}
        return maker.post(page, form, follow=True)

    with monkeypatch.context() as crash:
        asked = iter([account_statement.ask_to_book])
        crash.setattr(account_statement, "ask_to_book", lambda *said: next(asked)(*said))
        post()
    assert ApprovalRequest.objects.count() == 1
    said = post().content.decode()

    assert ApprovalRequest.objects.count() == 2
    assert "waits for a decision already" in said and "waits for a second person" in said


def test_the_statement_is_read_on_its_page(paid, maker):
    file = SimpleUploadedFile("camt.xml", statement(entry(paid.pk.hex)).read())
    page = reverse("admin:settlement_bankfile_account_statement")
    maker.cookies["django_language"] = "en"
    sent = {"livemode": "test", "currency": "XAF", "reason": "It came back", "file": file}

    said = maker.post(page, sent, follow=True).content.decode()

    assert f"{paid.full_number} came back" in said
    assert ApprovalRequest.objects.get().target == paid.public_id
