"""What the bank says of a file is booked once, by two; what it contradicts has an owner."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from apps.approvals.models import ApprovalRequest
from apps.core.public_ids import new_id
from apps.ledger.models import Transfer
from apps.settlement.models import (
    BankAnswer,
    BankAnswerLine,
    BankFile,
    BankFileStatus,
    Settlement,
    SettlementCycle,
)
from apps.settlement.rules.refusals import (
    BankAnswerMoved,
    BankAnswerOfAnother,
    BankAnswerUnreadable,
    BankFileMoved,
)
from apps.settlement.selectors.bank_answer_facts import shown_of_answer
from apps.settlement.services.apply_bank_answer import apply_bank_answer
from apps.settlement.services.build_bank_file import build_bank_file
from apps.settlement.services.close_contradiction import close_contradiction
from apps.settlement.services.decide_settlement import Decision, decide_settlement
from apps.settlement.services.download_bank_file import download_bank_file
from apps.settlement.services.move_bank_file import move_bank_file
from apps.settlement.services.read_bank_answer import read_bank_answer
from tests.approvals.test_pages import decide
from tests.factories import MerchantFactory
from tests.monitoring.test_planted import find
from tests.settlement.conftest import (
    BANK,
    CHECKER,
    MAKER,
    OURS,
    act,
    agree,
    approve,
    balance,
    broken_books,
    give,
)
from tests.settlement.test_lost_files import annul

pytestmark = pytest.mark.django_db(transaction=True)


def transfer(settlement, status, code="AC04", amount=""):
    """What is said of one; `amount` as "10000 XAF"."""
    reference = settlement if isinstance(settlement, str) else settlement.pk.hex
    value, _, currency = amount.partition(" ")
    of_what = f'<Amt><InstdAmt Ccy="{currency}">{value}</InstdAmt></Amt>' if amount else ""
    return (
        f"<TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>{status}</TxSts>"
        "<StsRsnInf><Orgtr><Id><OrgId><Othr><SchmeNm><Cd>BANK</Cd></SchmeNm></Othr></OrgId></Id>"
        f"</Orgtr><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf><OrgnlTxRef>{of_what}</OrgnlTxRef>"
        "</TxInfAndSts>"
    )


def message(file, *transfers, of="", payment="", group="", number="1"):
    of, payment = of or file.pk.hex, payment or file.pk.hex
    return BytesIO(
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>'
        f"<GrpHdr><MsgId>{number}</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{of}</OrgnlMsgId>"
        f"{f'<GrpSts>{group}</GrpSts>' if group else ''}</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>"
        f"<OrgnlPmtInfId>{payment}</OrgnlPmtInfId>{''.join(transfers)}"
        "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>".encode()
    )


@pytest.fixture
def read(clock):
    def done(file, *transfers, **more):
        answer = message(file, *transfers, **more)
        return read_bank_answer(file_id=file.pk, answer=answer, actor=MAKER, now=clock.now)

    return done


@pytest.fixture
def book(clock):
    def done(answer, *, by=CHECKER, **changes):
        with transaction.atomic():
            return apply_bank_answer(
                shown_of_answer(answer) | changes,
                requested_by=MAKER,
                approved_by=by,
                reason="",
                now=clock.now,
            )

    return done


def contradictions():
    found = BankAnswerLine.objects.exclude(contradiction="").order_by("id")
    return list(found.values_list("contradiction", flat=True))


@pytest.mark.parametrize(
    ("status", "ends", "kind", "back"),
    [("ACSC", "paid", "settle_sent", 0), ("RJCT", "failed", "settle_returned", 10_000)],
)
def test_what_the_bank_says_for_good_is_booked_once_and_its_opposite_has_an_owner(
    sent,
    clock,
    merchant,
    read,
    book,
    status,
    ends,
    kind,
    back,
):
    settlement = Settlement.objects.get()
    assert read(sent, transfer(settlement, "ACSP")).status == "noted"
    said = transfer(settlement, status, amount="10000.00 XAF")
    first = read(sent, said, number="2")
    assert Settlement.objects.get().status == "sent"

    book(first)
    for again in (read(sent, said, number="2"), read(sent, said, number="3")):
        if again.status == "draft":
            book(again)

    settlement.refresh_from_db()
    assert (settlement.status, settlement.reason) == (ends, "pain.002 AC04")
    assert Transfer.objects.filter(kind=kind).count() == 1
    assert contradictions() == []
    opposite = "RJCT" if status == "ACSC" else "ACCC"
    assert read(sent, transfer(settlement, opposite), number="4").status == "noted"
    assert contradictions() == [
        "rejected_after_paid" if status == "ACSC" else "paid_after_rejected"
    ]
    assert balance(merchant) == back
    # The merchant may have it twice: nothing more is paid to it.
    assert bool(SettlementCycle.objects.get().held_back_reason) == (status == "RJCT")
    assert broken_books() == []


def test_what_a_message_says_of_one_transfer_twice_is_shown_and_booked_once(
    sent, read, book, merchant
):
    answer = read(
        sent,
        transfer(Settlement.objects.get(), "RJCT"),
        transfer(Settlement.objects.get(), "RJCT", "AM04"),
    )

    shown = shown_of_answer(answer)
    book(answer)

    assert (shown["rejected"], shown["amount"]) == (1, 10_000)
    assert balance(merchant) == 10_000
    assert broken_books() == []


def test_what_the_bank_paid_after_all_leaves_the_balance_again_once_two_people_say_so(
    sent, clock, merchant, close, read, book, maker, checker
):
    settlement = Settlement.objects.get()
    book(read(sent, transfer(settlement, "RJCT")))
    following = close(merchant)
    assert (following.amount, balance(merchant)) == (10_000, 0)
    read(sent, transfer(settlement, "ACSC"), number="2")
    assert contradictions() == ["paid_after_rejected"]

    page = reverse("admin:settlement_decide", args=[settlement.pk, "confirm_paid_after_all"])
    maker.post(page, {"reason": "As the bank's account shows."})
    assert balance(merchant) == 0
    decide(checker, ApprovalRequest.objects.get())
    maker.post(page, {"reason": "Again."})

    settlement.refresh_from_db()
    assert (settlement.status, settlement.reason_code) == ("paid", "")
    assert ApprovalRequest.objects.count() == 1
    # It was paid once: what waits to be paid a second time is held back, and the merchant owes it.
    following.refresh_from_db()
    assert (following.status, balance(merchant)) == ("on_hold", -10_000)
    assert broken_books() == []
    decide_settlement(
        settlement_id=following.pk, decision=Decision.RETURN, reason="Paid already.", actor=MAKER,
        now=clock.now,
    )  # fmt: skip
    assert balance(merchant) == 0
    last = close(merchant)
    assert (last.closing_balance, last.amount, last.status) == (0, 0, "carried_over")
    assert broken_books() == []


def test_one_persons_file_books_nothing(sent, read, book):
    answer = read(sent, transfer(Settlement.objects.get(), "RJCT"))
    with pytest.raises(BankAnswerMoved):
        book(answer, by=MAKER)
    with pytest.raises(BankAnswerMoved):
        book(answer, amount=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        BankAnswer.objects.update(status="applied", approved_by=MAKER)
    assert Settlement.objects.get().status == "sent"
    book(answer)

    with pytest.raises(BankAnswerMoved):
        book(answer)


@pytest.mark.parametrize("said", [{"of": "f" * 32}, {"payment": "f" * 32}, {"of": " "}])
def test_an_answer_to_another_file_counts_for_nothing(sent, read, said):
    with pytest.raises(BankAnswerOfAnother):
        read(sent, transfer(Settlement.objects.get(), "ACSC"), **said)

    assert BankAnswer.objects.count() == 0


@pytest.mark.parametrize("content", [b"", b"<a", b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"])
def test_an_answer_that_cannot_be_read_changes_nothing(sent, clock, content):
    with pytest.raises(BankAnswerUnreadable):
        read_bank_answer(file_id=sent.pk, answer=BytesIO(content), actor=MAKER, now=clock.now)

    assert BankAnswer.objects.count() == 0


def test_what_the_bank_has_not_got_it_does_not_answer(filed, read):
    with pytest.raises(BankFileMoved):
        read(filed, transfer(Settlement.objects.get(), "ACSC"))


def test_what_is_in_no_file_of_another_amount_or_said_twice_is_kept_and_never_booked(
    sent,
    clock,
    merchant,
    account,
    close,
    read,
    book,
):
    inside = Settlement.objects.get()
    give(merchant, account, 700)
    outside = close(merchant)

    answer = read(
        sent,
        transfer(new_id().hex, "RJCT"),
        transfer("NOTPROVIDED", "RJCT"),
        transfer(outside, "RJCT"),
        transfer(inside, "ACSC", amount="9999 XAF"),
        transfer(inside, "ACSC", amount="1e999 XAF"),
        transfer(inside, "ACSC", amount="10000 XOF"),
        transfer(inside, "ACSC", amount="10000 XAF"),
        transfer(inside, "RJCT"),
    )

    assert answer.status == "noted"
    assert contradictions() == [
        *["not_in_file"] * 3, *["other_amount"] * 3, *["said_twice"] * 2,
    ]  # fmt: skip
    assert set(Settlement.objects.values_list("status", flat=True)) == {"sent", "waiting"}
    with pytest.raises(BankAnswerMoved):
        book(answer)
    (finding,) = find("bank_contradicts", clock.now, includes_test=1.0)
    assert finding.facts["count"] == 8
    assert find("bank_contradicts", clock.now) == []
    assert broken_books() == []


def test_what_ended_otherwise_between_reading_and_booking_is_a_contradiction(
    sent,
    clock,
    read,
    book,
):
    settlement = Settlement.objects.get()
    paid = read(sent, transfer(settlement, "ACSC"))
    rejected = read(sent, transfer(settlement, "RJCT"), number="2")
    book(paid)

    book(rejected)

    assert Settlement.objects.get().status == "paid"
    assert contradictions() == ["rejected_after_paid"]
    assert broken_books() == []


@pytest.mark.parametrize("group", ["RJCT", "ACSC", "PART"])
def test_what_is_said_of_a_file_as_a_whole_is_said_of_each_transfer(
    clock, merchant, account, close, settings, read, book, group
):
    settings.SETTLEMENT_ACCOUNTS = OURS
    other = MerchantFactory()
    give(other, account, 400)
    for one in (merchant, other):
        agree(one, now=clock.now, paid_by="bank_file", payee=BANK)
        close(one)
    file = build_bank_file(livemode=False, currency="XAF", created_by=MAKER, now=clock.now)
    approve(file, clock)
    usual = {"file_id": file.pk, "actor": MAKER, "now": clock.now}
    download_bank_file(**usual)
    move_bank_file(**usual, to=BankFileStatus.SENT, reason="in")

    answer = read(file, group=group)

    assert answer.status == ("noted" if group == "PART" else "draft")
    if group != "PART":
        book(answer)
        ends = {"RJCT": "failed", "ACSC": "paid"}
        assert list(Settlement.objects.values_list("status", flat=True)) == [ends[group]] * 2
    assert broken_books() == []


def test_where_the_bank_had_an_annulled_file_all_the_same_nothing_more_is_paid(
    filed,
    clock,
    merchant,
    read,
):
    approve(filed, clock)
    download_bank_file(file_id=filed.pk, actor="user:3", now=clock.now)
    filed.refresh_from_db()
    annul(filed, clock)

    read(filed, transfer(Settlement.objects.get(), "ACSP"))

    settlement, cycle = Settlement.objects.get(), SettlementCycle.objects.get()
    assert (settlement.status, settlement.reason_code) == ("on_hold", "held_back")
    assert "not_in_file" in cycle.held_back_reason
    assert contradictions() == ["not_in_file"]
    assert broken_books() == []


def test_an_answer_is_read_on_the_files_page_and_its_contradictions_are_seen_to_on_theirs(
    sent,
    clock,
    maker,
    checker,
    read,
):
    settlement = Settlement.objects.get()
    content = message(sent, transfer(settlement, "ACSC"), transfer("NOTPROVIDED", "RJCT"))
    upload = SimpleUploadedFile("pain002.xml", content.read(), content_type="application/xml")
    maker.post(act(sent, "answer"), {"file": upload, "reason": "Of today."})
    assert Settlement.objects.get().status == "sent"

    decide(checker, ApprovalRequest.objects.get())

    assert Settlement.objects.get().status == "paid"
    line = BankAnswerLine.objects.exclude(contradiction="").get()
    with pytest.raises(BankAnswerMoved):
        close_contradiction(
            line_id=BankAnswerLine.objects.get(contradiction="").pk, reason="no", actor=MAKER,
            now=clock.now,
        )  # fmt: skip
    page = reverse("admin:settlement_bankanswerline_seen", args=[line.pk])
    maker.post(page, {"reason": "The bank meant another customer."})
    line.refresh_from_db()
    assert (line.note, bool(line.closed_by)) == ("The bank meant another customer.", True)
    assert find("bank_contradicts", clock.now, includes_test=1.0) == []
    assert BankFile.objects.get().status == "sent"
