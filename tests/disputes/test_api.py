"""Disputes as merchants' programs answer them."""

import base64
import hashlib
import uuid
from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone
from PIL import Image

from apps.disputes.models import Dispute, EvidenceFile, EvidenceText
from apps.payments.models import Payment
from tests.api.conftest import Shop, refusal
from tests.factories import MerchantFactory, PaymentFactory

pytestmark = pytest.mark.django_db
DISPUTES = "/api/v1/disputes"
PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
def shop(account):
    return Shop()


@pytest.fixture
def payment(shop, account):
    return paid_to(shop, account)


@pytest.fixture
def opened(shop, payment):
    """The dispute, as it was answered."""
    return ask(shop, payment, complaint="It never came.\nNot even late.").json()


def paid_to(shop, account, **fields):
    usual = {"succeeded": True, "amount": 10_000, "fee": 0, "account": account}
    return PaymentFactory(**{"merchant": shop.merchant, **usual, **fields})


def ask(shop, payment, *, key=None, **body):
    usual = {"payment": payment.public_id, "reason": "service_not_rendered"}
    return shop.post({**usual, **body}, key=key, path=DISPUTES)


def answer(shop, dispute, act, body=None, *, key=None):
    return shop.post(body or {}, key=key, path=f"{DISPUTES}/{dispute['id']}/{act}")


def picture(kind="PNG", size=(8, 8)):
    drawn = BytesIO()
    Image.new("RGB", size, "red").save(drawn, kind)
    return drawn.getvalue()


def as_file(content, name="a file"):
    return {"name": name, "content": base64.b64encode(content).decode()}


def test_a_dispute_is_answered_and_found_again(shop, payment, opened):
    assert (opened["status"], opened["amount"], opened["opened_by"]) == (
        "needs_response",
        10_000,
        "merchant",
    )
    shown = shop.get(f"{DISPUTES}/{opened['id']}").json()
    assert shown["complaint"] == "It never came.\nNot even late."
    assert shown["evidence"]["files"] == []
    assert {name: shown[name] for name in opened} == opened
    assert shop.get(DISPUTES).json()["data"] == [opened]
    assert shop.get(f"/api/v1/payments/{payment.public_id}/disputes").json()["data"] == [opened]
    of_payment = shop.get(f"/api/v1/payments/{payment.public_id}").json()
    assert of_payment["amount_disputed"] == 10_000


def test_the_balance_shows_what_is_held(shop, payment, opened):
    balance = shop.get("/api/v1/balance").json()

    assert balance["available"] == [{"amount": 0, "currency": "XAF"}]
    assert balance["held"] == [{"amount": 10_000, "currency": "XAF"}]
    (moved,) = shop.get("/api/v1/balance/transfers", dispute=opened["id"]).json()["data"]
    assert (moved["kind"], moved["direction"], moved["source"]) == (
        "dispute_held",
        "out",
        opened["id"],
    )


def test_a_refund_of_what_is_disputed_says_why_not(shop, payment, opened):
    answered = shop.post({"payment": payment.public_id, "amount": 100}, path="/api/v1/refunds")

    assert refusal(answered) == (409, "payment_disputed", "amount")
    assert "disputes" in answered.json()["detail"]


def test_a_double_click_is_one_dispute_and_a_second_is_refused(shop, payment):
    key = str(uuid.uuid4())

    first, again = ask(shop, payment, key=key), ask(shop, payment, key=key)

    assert first.status_code == 201
    assert again.content == first.content
    assert refusal(ask(shop, payment)) == (409, "dispute_exists", "payment")
    assert first.json()["id"] in ask(shop, payment).json()["detail"]
    assert Dispute.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"amount": 10_001}, (422, "dispute_exceeds_payment", "amount")),
        ({"amount": 0}, (400, "amount_not_positive", "amount")),
        ({"reason": "because"}, (400, "unknown_reason", "reason")),
        ({"complaint": "a" * 5_001}, (400, "max_length", "complaint")),
        ({"complaint": "a\u202eb"}, (400, "text_not_printable", "complaint")),
        ({"stage": "chargeback"}, (400, "unknown_field", "stage")),
    ],
)
def test_what_cannot_be_disputed_is_refused_by_its_own_code(shop, payment, body, said):
    assert refusal(ask(shop, payment, **body)) == said
    assert not Dispute.objects.exists()
    assert Payment.objects.get().amount_disputed == 0


def test_what_was_not_paid_is_not_disputed(shop, account):
    payment = PaymentFactory(merchant=shop.merchant, account=account)

    assert refusal(ask(shop, payment)) == (409, "payment_not_disputable", "")


def test_evidence_is_kept_encrypted_and_shown(shop, opened):
    png, jpeg = picture(), picture("JPEG")
    body = {
        "delivery_proof": "Signed for by Awa.",
        "files": [as_file(png, "reçu.png"), as_file(PDF, "x.exe"), as_file(jpeg)],
    }

    answered = answer(shop, opened, "evidence", body)

    assert answered.status_code == 200, answered.content
    evidence = answered.json()["evidence"]
    assert evidence["delivery_proof"] == "Signed for by Awa."
    assert evidence["receipt"] is None
    assert [one["content_type"] for one in evidence["files"]] == [
        "image/png",
        "application/pdf",
        "image/jpeg",
    ]
    assert evidence["files"][0]["name"] == "reçu.png"
    assert evidence["files"][0]["sha256"] == hashlib.sha256(png).hexdigest()
    assert shop.get(f"{DISPUTES}/{opened['id']}").json()["evidence"] == evidence
    kept = b"".join(
        bytes(value)
        for row in (
            *EvidenceText.objects.values_list("text_encrypted"),
            *EvidenceFile.objects.values_list("name_encrypted", "content_encrypted"),
        )
        for value in row
    )
    assert b"Awa" not in kept
    assert base64.b64encode(png)[:20] not in kept


def test_a_text_takes_the_place_of_the_last_and_a_file_is_kept_once(shop, opened):
    for text in ("First.", "Second."):
        answered = answer(shop, opened, "evidence", {"explanation": text, "files": [as_file(PDF)]})

    evidence = answered.json()["evidence"]
    assert evidence["explanation"] == "Second."
    assert len(evidence["files"]) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"MZ\x90\x00", (422, "evidence_file_not_taken", "files")),
        (b"", (400, "blank", "files.0.content")),
        (b"<svg onload='alert(1)'/>", (422, "evidence_file_not_taken", "files")),
        (picture("GIF"), (422, "evidence_file_not_taken", "files")),
        (picture()[:40], (422, "evidence_file_not_taken", "files")),
        (b"%PDF-" + b"0" * (5 * 1024 * 1024), (413, "evidence_file_too_large", "files")),
    ],
)
def test_what_a_file_is_its_content_says(shop, opened, content, said):
    body = {"receipt": "Here.", "files": [as_file(content, "receipt.png")]}

    assert refusal(answer(shop, opened, "evidence", body)) == said
    assert not EvidenceFile.objects.exists()
    assert not EvidenceText.objects.filter(kind="receipt").exists()


def test_a_picture_that_grows_beyond_measure_is_not_taken(shop, opened, monkeypatch):
    monkeypatch.setattr("apps.disputes.rules.file_type.PIXELS_MAX", 63)

    body = {"files": [as_file(picture())]}
    assert refusal(answer(shop, opened, "evidence", body))[1] == "evidence_file_not_taken"


def test_there_are_ten_files_at_most(shop, opened):
    def some(first, count):
        return {"files": [as_file(b"%%PDF-%d\n%%%%EOF" % n) for n in range(first, first + count)]}

    assert refusal(answer(shop, opened, "evidence", some(0, 11)))[1] == "max_length"
    assert answer(shop, opened, "evidence", some(0, 10)).status_code == 200
    too_many = refusal(answer(shop, opened, "evidence", some(10, 1)))
    assert too_many == (422, "too_many_evidence_files", "files")
    assert EvidenceFile.objects.count() == 10


def test_files_are_in_base64_and_bodies_have_an_end(shop, opened):
    body = {"files": [{"name": "a", "content": "no base64!"}]}
    assert refusal(answer(shop, opened, "evidence", body))[1] == "not_base64"

    large = shop.post(
        b'{"receipt": "' + b"a" * (8 * 1024 * 1024) + b'"}',
        path=f"{DISPUTES}/{opened['id']}/evidence",
    )
    assert refusal(large)[:2] == (413, "body_too_large")


def test_evidence_goes_under_review_once(shop, opened):
    assert refusal(answer(shop, opened, "submit"))[:2] == (422, "evidence_missing")
    answer(shop, opened, "evidence", {"receipt": "Shoes."})

    submitted = answer(shop, opened, "submit")

    assert submitted.status_code == 200
    assert submitted.json()["status"] == "under_review"
    assert submitted.json()["responded_at"] is not None
    assert refusal(answer(shop, opened, "submit"))[:2] == (409, "evidence_submitted")
    late = answer(shop, opened, "evidence", {"receipt": "Boots."})
    assert refusal(late)[:2] == (409, "evidence_submitted")


@pytest.mark.parametrize("status", ["needs_response", "under_review"])
def test_evidence_after_its_date_is_too_late(shop, opened, status):
    answer(shop, opened, "evidence", {"receipt": "Shoes."})
    past = timezone.now() - timedelta(seconds=1)
    due_at = past if status == "needs_response" else None
    Dispute.objects.update(evidence_due_at=past, status=status, due_at=due_at)

    for late in (
        answer(shop, opened, "evidence", {"receipt": "Boots."}),
        answer(shop, opened, "submit"),
    ):
        assert refusal(late)[:2] == (409, "evidence_too_late")
    evidence = shop.get(f"{DISPUTES}/{opened['id']}").json()["evidence"]
    assert evidence["receipt"] == "Shoes."


def test_who_gives_in_has_lost(shop, opened):
    key = str(uuid.uuid4())

    accepted, again = (answer(shop, opened, "accept", key=key) for _ in range(2))

    assert accepted.status_code == 200
    assert accepted.json()["status"] == "lost"
    assert accepted.json()["amount_lost"] == 10_000
    assert again.content == accepted.content
    assert shop.get("/api/v1/balance").json()["held"] == [{"amount": 0, "currency": "XAF"}]
    for act in ("accept", "submit", "evidence"):
        assert refusal(answer(shop, opened, act))[:2] == (409, "dispute_closed")


def test_anothers_dispute_and_payment_are_not_found(shop, payment, opened):
    other = Shop(MerchantFactory())

    assert refusal(other.get(f"{DISPUTES}/{opened['id']}"))[1] == "dispute_not_found"
    for act in ("accept", "submit", "evidence"):
        assert refusal(answer(other, opened, act))[1] == "dispute_not_found"
    assert refusal(ask(other, payment))[1] == "payment_not_found"
    assert other.get(DISPUTES, payment=payment.public_id).json()["data"] == []
    live = Shop(shop.merchant, livemode=True)
    assert refusal(live.get(f"{DISPUTES}/{opened['id']}"))[1] == "wrong_mode"


def test_a_key_without_the_scope_answers_nothing(shop, payment, opened):
    reader = Shop(shop.merchant, scopes=["refunds:write", "disputes:read"])

    for act in ("accept", "submit", "evidence"):
        assert refusal(answer(reader, opened, act))[0] == 403
    assert reader.get(f"{DISPUTES}/{opened['id']}").status_code == 200
    writer = Shop(shop.merchant, scopes=["disputes:write"])
    assert refusal(writer.get(DISPUTES))[0] == 403
    assert Dispute.objects.get().status == "needs_response"


def test_the_list_is_filtered(shop, account):
    first = ask(shop, one := paid_to(shop, account)).json()
    second = ask(shop, paid_to(shop, account)).json()
    answer(shop, second, "accept")
    second = {name: shop.get(f"{DISPUTES}/{second['id']}").json()[name] for name in second}

    def ids(**query):
        return [row["id"] for row in shop.get(DISPUTES, **query).json()["data"]]

    assert ids() == [second["id"], first["id"]]
    assert ids(payment=one.public_id) == [first["id"]]
    assert ids(status="lost") == [second["id"]]
    assert ids(status="lost,needs_response") == [second["id"], first["id"]]
    assert ids(limit=1, starting_after=second["id"]) == [first["id"]]
    assert ids(created_before=first["opened_at"]) == []
    assert refusal(shop.get(DISPUTES, status="open"))[1] == "invalid_parameter"
