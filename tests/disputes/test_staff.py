"""Staff at the desk of disputes: what is due, the evidence, and a decision of two people."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from apps.approvals.models import ApprovalRequest
from apps.audit.models import AuditEntry
from apps.disputes.api.evidence_output import dispute_with_evidence_as_json
from apps.disputes.models import Dispute, EvidenceFile, EvidenceText
from apps.disputes.services import take_evidence_pack as taking
from apps.disputes.services.add_evidence import NewFile, add_evidence
from apps.disputes.services.submit_evidence import submit_evidence
from apps.support_tickets.models import Channel, RequesterKind
from apps.support_tickets.rules.author import payer_author
from apps.support_tickets.rules.subjects import Subject
from apps.support_tickets.services.open_ticket import TicketOrder, open_ticket
from tests.disputes.test_api import PDF, picture
from tests.factories import PaymentFactory
from tests.refunds.conftest import balances
from tests.sign_in.conftest import age

pytestmark = pytest.mark.django_db
DESK = reverse("staff-disputes")
NEW = reverse("admin:disputes_dispute_add")
MSISDN = "237677000001"
ALL = (
    "view_dispute", "add_dispute", "change_dispute", "view_payment", "add_approvalrequest",
    "view_approvalrequest",
)  # fmt: skip


def staff(name, *codenames, language="en"):
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    client.cookies["django_language"] = language
    return client


@pytest.fixture
def awa():
    return staff("awa", *ALL)


@pytest.fixture
def binta():
    return staff("binta", "view_approvalrequest", "change_approvalrequest")


def page(dispute):
    return reverse("staff-dispute", args=[dispute.pk])


def ask(client, dispute, outcome, lost=""):
    form = {"act": "decide", "decide-outcome": outcome, "decide-reason": "The signature is good."}
    return client.post(page(dispute), {**form, "decide-amount_lost": lost}, follow=True)


def approve(client):
    request = ApprovalRequest.objects.get(status="pending")
    form = {
        "action": "approve",
        "_selected_action": str(request.pk),
        "decided": "1",
        f"digest_{request.pk}": bytes(request.digest).hex(),
    }
    shown = client.post(
        reverse("admin:approvals_approvalrequest_changelist"),
        {"action": "approve", "_selected_action": str(request.pk)},
    ).content.decode()
    client.post(reverse("admin:approvals_approvalrequest_changelist"), form)
    return shown


def spaces(html):
    return html.replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\N{NO-BREAK SPACE}", " ")


def test_staff_open_a_dispute_from_the_page_of_a_payment(awa, paid, broken_books):
    payment = paid()
    of_payment = awa.get(reverse("admin:payments_payment_change", args=[payment.pk]))
    assert f"{NEW}?payment={payment.public_id}" in of_payment.content.decode()
    form = awa.get(f"{NEW}?payment={payment.public_id}").content.decode()
    assert 'value="10000"' in form

    answer = awa.post(
        f"{NEW}?payment={payment.public_id}",
        {"reason": "fraud", "amount": "4000", "complaint": "Not I.", "evidence_due_at": ""},
        follow=True,
    )

    made = Dispute.objects.get()
    assert (made.amount, made.opened_by) == (4_000, "staff")
    assert answer.redirect_chain[-1][0] == page(made)
    assert "Not I." in answer.content.decode()
    entry = AuditEntry.objects.get(action="dispute.open")
    assert (entry.target, entry.detail["amount"]) == (made.public_id, 4_000)
    again = awa.post(
        f"{NEW}?payment={payment.public_id}", {"reason": "fraud", "amount": "1"}, follow=True
    )
    assert "This payment is disputed already." in again.content.decode()
    assert broken_books() == {}


@pytest.mark.parametrize("day", ["0001-01-01", "2024-01-01", "9999-12-31"])
def test_a_date_of_another_year_is_refused(awa, paid, dispute, day):
    payment, card = paid(), dispute(paid(method="card"))

    opened = awa.post(
        f"{NEW}?payment={payment.public_id}",
        {"reason": "fraud", "amount": "1", "evidence_due_at": day},
    )
    escalated = awa.post(
        page(card),
        {"act": "escalate", "escalate-stage": "arbitration", "escalate-due_at": day},
    )

    for answer in (opened, escalated):
        assert "more than a year away" in answer.content.decode()
    card.refresh_from_db()
    assert (card.stage, payment.disputes.count()) == ("chargeback", 0)


def test_a_card_is_disputed_by_the_schemes_words(awa, paid):
    payment = paid(method="card")
    due = (timezone.now() + timedelta(days=30)).date()

    awa.post(
        f"{NEW}?payment={payment.public_id}",
        {
            "reason": "fraud", "amount": "1000", "stage": "inquiry", "reason_code": "10.4",
            "evidence_due_at": due.isoformat(),
        },
    )  # fmt: skip

    made = Dispute.objects.get()
    assert (made.stage, made.reason_code) == ("inquiry", "10.4")
    assert made.evidence_due_at.isoformat() == f"{due}T00:00:00+00:00"


def test_what_is_due_first_comes_first(awa, paid, dispute, clock):
    late, soon = (
        dispute(paid(), evidence_due_at=clock.now + timedelta(days=days)) for days in (9, 2)
    )
    answered = dispute(paid())
    add_evidence(dispute_id=answered.pk, texts={"receipt": "Here."}, files=[], now=clock.now)
    submit_evidence(dispute_id=answered.pk, source="api", now=clock.now)

    to_decide = awa.get(DESK).content.decode()
    waiting = awa.get(f"{DESK}?show=waiting").content.decode()

    assert answered.public_id in to_decide and soon.public_id not in to_decide
    assert waiting.index(soon.public_id) < waiting.index(late.public_id)
    assert answered.public_id not in waiting


def test_a_long_list_has_pages(awa, paid, dispute, monkeypatch):
    monkeypatch.setattr("apps.disputes.selectors.list_open_disputes.PAGE", 2)
    made = [dispute(paid()) for _ in range(3)]

    first = awa.get(f"{DESK}?show=waiting").content.decode()
    second = awa.get(f"{DESK}?show=waiting&after={made[1].public_id}").content.decode()

    assert [one.public_id in first for one in made] == [True, True, False]
    assert [one.public_id in second for one in made] == [False, False, True]


@pytest.mark.parametrize("outcome", ["lost", "withdrawn"])
def test_a_decision_about_what_the_merchant_has_answered_since_is_asked_for_anew(
    awa, binta, paid, dispute, clock, outcome
):
    made = dispute(paid())
    ask(awa, made, outcome)
    texts = {"explanation": "Here is the signature."}
    add_evidence(dispute_id=made.pk, texts=texts, files=[], now=clock.now)
    submit_evidence(dispute_id=made.pk, source="api", now=clock.now)

    approve(binta)

    made.refresh_from_db()
    assert (made.status, ApprovalRequest.objects.get().status) == ("under_review", "pending")


@pytest.mark.parametrize(
    ("outcome", "lost", "status", "payable"),
    [
        ("won", "", "won", 10_000),
        ("lost", "", "lost", 0),
        ("partly_lost", "2500", "partly_lost", 7_500),
        ("withdrawn", "", "withdrawn", 10_000),
    ],
)
def test_two_people_decide(awa, binta, paid, dispute, broken_books, outcome, lost, status, payable):
    payment = paid()
    made = dispute(payment)

    answer = ask(awa, made, outcome, lost)
    made.refresh_from_db()
    assert made.status == "needs_response"
    assert "step 1 of 1, by anybody who may decide" in answer.content.decode()
    approve(awa)
    made.refresh_from_db()
    assert made.status == "needs_response"
    shown = spaces(approve(binta))

    made.refresh_from_db()
    assert (made.status, made.amount_lost) == (status, 10_000 - payable)
    if outcome != "withdrawn":
        assert f"{10_000 - payable:,} XAF".replace(",", " ") in shown
    assert made.public_id in shown
    assert balances(payment.merchant)["merchant_payable"] == payable
    assert broken_books() == {}


@pytest.mark.parametrize(
    ("outcome", "lost", "words"),
    [
        ("partly_lost", "", "Say the amount"),
        ("won", "100", "Say the amount"),
        ("partly_lost", "10001", "This is more than is disputed."),
    ],
)
def test_what_makes_no_sense_is_not_asked_for(awa, paid, dispute, outcome, lost, words):
    answer = ask(awa, dispute(paid()), outcome, lost)

    assert words in answer.content.decode()
    assert not ApprovalRequest.objects.exists()


def test_a_card_is_taken_to_its_next_stage(awa, paid, dispute):
    made = dispute(paid(method="card"))

    answer = awa.post(
        page(made), {"act": "escalate", "escalate-stage": "arbitration", "escalate-due_at": ""},
        follow=True,
    )  # fmt: skip

    made.refresh_from_db()
    assert made.stage == "arbitration"
    assert "arbitration" in answer.content.decode()
    assert AuditEntry.objects.filter(action="dispute.escalate").exists()
    assert "escalate-stage" not in awa.get(page(made)).content.decode()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_evidence_is_shown_without_numbers_and_taken_in_one_click(
    paid, dispute, clock, language
):
    awa = staff("awa", *ALL, language=language)
    made = dispute(paid(payer_msisdn=MSISDN), complaint=f"Not I, says +{MSISDN}.")
    add_evidence(
        dispute_id=made.pk,
        texts={"explanation": "<script>alert(1)</script> 6 77 00 00 01"},
        files=[NewFile('a"\r\nb.pdf', PDF)],
        now=clock.now,
    )

    html = awa.get(page(made)).content.decode()
    pack = awa.get(reverse("staff-dispute-pack", args=[made.pk]))
    file = awa.get(reverse("staff-dispute-file", args=[made.pk, made.files.get().pk]))

    assert MSISDN[3:] not in html.replace(" ", "")
    assert "<script>alert(1)" not in html
    assert pack["Content-Type"] == "application/pdf"
    text = "".join(one.extract_text() for one in PdfReader(BytesIO(pack.content)).pages)
    assert made.payment.public_id in text
    assert MSISDN[3:] not in text.replace(" ", "")
    assert file.content == PDF
    assert file["Content-Disposition"].startswith("attachment; filename*=UTF-8''a%22%0D%0Ab.pdf")
    assert file["X-Content-Type-Options"] == "nosniff"
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"dispute.evidence_pack", "dispute.evidence_file"} <= actions


def test_the_pack_has_nothing_of_what_the_payer_asked_of_us(awa, paid, dispute, clock):
    payment = paid(payer_msisdn=MSISDN)
    made = dispute(payment)
    elsewhere = PaymentFactory(payer_msisdn=MSISDN, succeeded=True)
    for one in (payment, elsewhere):
        open_ticket(
            TicketOrder(
                requester_kind=RequesterKind.PAYER,
                merchant_id=one.merchant_id,
                about=Subject("payment", one.pk, one.merchant_id, one.livemode, "payment"),
                subject="Paid twice",
                body="I paid twice.",
                category="paid_twice",
                language="en",
                livemode=one.livemode,
            ),
            author=payer_author(one.public_id),
            channel=Channel.PAGE,
            now=clock.now,
        )
    assert "Ticket T-" in awa.get(page(made)).content.decode()

    answer = awa.get(reverse("staff-dispute-pack", args=[made.pk]))

    text = " ".join(one.extract_text() for one in PdfReader(BytesIO(answer.content)).pages)
    assert "Timeline" in text and "Ticket" not in text


def test_what_does_not_open_any_more_is_named_and_hides_nothing_else(awa, paid, dispute, clock):
    made = dispute(paid(), complaint="My shoes never came.")
    texts = {"receipt": "Paid at noon.", "explanation": "They were sent."}
    files = [NewFile("shoes.png", picture())]
    add_evidence(dispute_id=made.pk, texts=texts, files=files, now=clock.now)
    (file,) = EvidenceFile.objects.all()
    EvidenceText.objects.filter(kind="receipt").update(text_encrypted=b"altered")
    EvidenceFile.objects.update(name_encrypted=b"altered", content_encrypted=b"altered")

    shown = awa.get(page(made)).content.decode()
    pack = awa.get(reverse("staff-dispute-pack", args=[made.pk]))
    taken = awa.get(reverse("staff-dispute-file", args=[made.pk, file.pk]), follow=True)
    told = dispute_with_evidence_as_json(made)["evidence"]

    assert "They were sent." in shown and shown.count("does not open") == 2
    assert pack.content.startswith(b"%PDF-")
    assert "does not open" in taken.content.decode()
    assert (told["explanation"], "does not open" in told["receipt"]) == ("They were sent.", True)


def test_the_pack_is_an_action_of_the_list_too(awa, paid, dispute):
    one, two = dispute(paid()), dispute(paid())
    address = reverse("admin:disputes_dispute_changelist")

    pack = awa.post(address, {"action": "take_pack", "_selected_action": [str(one.pk)]})
    both = {"action": "take_pack", "_selected_action": [str(one.pk), str(two.pk)]}
    refused = awa.post(address, both, follow=True)

    assert pack.content.startswith(b"%PDF-")
    assert "Choose one dispute." in refused.content.decode()


def test_the_packs_of_a_merchant_are_bounded_in_number_and_size(
    awa, paid, dispute, settings, monkeypatch
):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "evidence_packs_hour": 2}
    one, stranger = dispute(paid()), dispute(paid())
    two = dispute(paid(merchant=one.merchant))
    packs = [reverse("staff-dispute-pack", args=[made.pk]) for made in (one, two, stranger)]

    with monkeypatch.context() as patch:
        patch.setattr(taking, "BYTES_MAX", 100)
        refused = awa.get(packs[0], follow=True)
    assert "too large" in refused.content.decode()
    assert awa.get(packs[0]).content.startswith(b"%PDF-")
    # Whichever dispute it is of, and by whichever way.
    refused = awa.get(packs[1], follow=True)
    assert "Many evidence packs of this merchant" in refused.content.decode()
    chosen = {"action": "take_pack", "_selected_action": [str(two.pk)]}
    refused = awa.post(reverse("admin:disputes_dispute_changelist"), chosen, follow=True)
    assert "Many evidence packs of this merchant" in refused.content.decode()

    assert awa.get(packs[2]).content.startswith(b"%PDF-")
    assert AuditEntry.objects.filter(action="dispute.evidence_pack").count() == 2


def test_what_is_taken_out_asks_who_it_is_first(client, paid, dispute):
    made = dispute(paid())
    user = User.objects.create_superuser("boss", password="secret")
    client.force_login(user)
    age(client, 301, "proved_at")

    for address in (
        reverse("staff-dispute-pack", args=[made.pk]),
        reverse("staff-dispute-file", args=[made.pk, made.pk]),
    ):
        assert client.get(address).status_code == 403
    assert client.post(page(made), {"act": "decide"}).status_code == 403
    assert client.get(page(made)).status_code == 200
    assert not AuditEntry.objects.filter(action__startswith="dispute.").exists()


def test_who_may_not_is_not_shown_and_does_nothing(paid, dispute):
    made = dispute(paid())
    stranger = staff("oumar", "view_payment")
    reader = staff("fatou", "view_dispute")

    for address in (
        DESK, page(made), reverse("staff-dispute-pack", args=[made.pk]),
        reverse("staff-dispute-file", args=[made.pk, made.pk]),
    ):  # fmt: skip
        assert stranger.get(address).status_code == 403
    assert reader.get(DESK).status_code == 200
    assert "decide-outcome" not in reader.get(page(made)).content.decode()
    assert reader.get(reverse("staff-dispute-pack", args=[made.pk])).status_code == 403
    assert reader.post(page(made), {"act": "escalate"}).status_code == 403
    ask(reader, made, "won")
    assert not ApprovalRequest.objects.exists()
    assert Client().get(DESK).status_code == 302


def test_what_does_not_exist_is_not_found(awa, paid, dispute):
    made, other = dispute(paid()), dispute(paid())
    nowhere = page(made).replace(str(made.pk), "01a218b5-2a52-717b-af2f-ba8263ca1c62")

    assert awa.get(nowhere).status_code == 404
    assert awa.get(reverse("staff-dispute-file", args=[made.pk, other.pk])).status_code == 404
