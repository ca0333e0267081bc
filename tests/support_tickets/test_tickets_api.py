"""Tickets as merchants' programs open and follow them."""

import base64
import uuid

import pytest

from apps.core.attachment_type import FILE_BYTES_MAX
from apps.support_tickets.models import Ticket, TicketMessage
from apps.support_tickets.rules.texts import body_of, subject_of
from apps.support_tickets.services.add_attachment import add_attachment
from apps.support_tickets.services.add_message import add_message
from apps.support_tickets.services.change_status import change_status
from apps.webhooks.models import Event
from tests.api.conftest import Shop, refusal
from tests.factories import MerchantFactory, PaymentFactory

pytestmark = pytest.mark.django_db
TICKETS = "/api/v1/tickets"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)


@pytest.fixture
def shop(db):
    return Shop()


def open_one(shop, key=None, **fields):
    body = {"subject": "Debited", "body": "Our customer was debited.", **fields}
    return shop.post(body, key=key, path=TICKETS)


def file_body(content=PIXEL, name="receipt.png"):
    return {"name": name, "content": base64.b64encode(content).decode()}


def events(public_id):
    ticket = next(one for one in Ticket.objects.all() if one.public_id == public_id)
    told = Event.objects.filter(object_id=ticket.pk).order_by("sequence")
    return list(told.values_list("type", flat=True))


def test_a_ticket_is_answered_and_found_again(shop):
    payment = PaymentFactory(merchant=shop.merchant)

    made = open_one(shop, about=payment.public_id, category="debited_not_confirmed")

    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["status"], body["about"], body["priority"]) == (
        "new", payment.public_id, "normal",
    )  # fmt: skip
    assert body["number"].startswith("T-")
    assert shop.get(f"{TICKETS}/{body['id']}").json() == body
    assert shop.get(TICKETS).json()["data"] == [body]
    assert shop.get(f"{TICKETS}?about={payment.public_id}&status=new").json()["data"] == [body]
    (message,) = shop.get(f"{TICKETS}/{body['id']}/messages").json()["data"]
    assert (message["author"], message["body"]) == ("merchant", "Our customer was debited.")
    assert events(body["id"]) == ["ticket.created"]


def test_a_double_click_is_one_ticket(shop):
    key = str(uuid.uuid4())

    first, again = open_one(shop, key=key), open_one(shop, key=key)

    assert first.content == again.content and again["Idempotent-Replayed"] == "true"
    assert Ticket.objects.count() == TicketMessage.objects.count() == 1


def test_what_is_another_merchants_is_as_what_never_was(shop):
    strange = PaymentFactory(merchant=MerchantFactory())
    live = PaymentFactory(merchant=shop.merchant, livemode=True)
    never = "pay_" + "0" * 26

    answers = [open_one(shop, about=one) for one in (strange.public_id, live.public_id, never)]

    assert {refusal(one) for one in answers} == {(404, "ticket_subject_not_found", "about")}
    assert len({one.content for one in answers}) == 1
    assert Ticket.objects.count() == 0
    queried = [shop.get(f"{TICKETS}?about={one}") for one in (strange.public_id, never)]
    assert queried[0].content == queried[1].content
    assert refusal(shop.get(f"{TICKETS}?about=order-7"))[1:] == ("invalid_parameter", "about")


def test_neither_notes_nor_what_payers_say_come_out(shop, ticket, agent, clock):
    payment = PaymentFactory(merchant=shop.merchant)
    of_payer = ticket(payment=payment)
    own = ticket(merchant=shop.merchant)
    add_message(
        ticket_id=own.pk, body="She lies.", author=agent, channel="admin", is_internal=True,
        now=clock.now,
    )  # fmt: skip
    secret = add_attachment(
        ticket_id=own.pk, name="note.txt", content=b"internal", author=agent, is_internal=True,
        now=clock.now,
    )  # fmt: skip

    assert shop.get(f"{TICKETS}/{of_payer.public_id}").status_code == 404
    assert [one["id"] for one in shop.get(TICKETS).json()["data"]] == [own.public_id]
    said = shop.get(f"{TICKETS}/{own.public_id}/messages")
    assert b"lies" not in said.content and len(said.json()["data"]) == 1
    assert shop.get(f"{TICKETS}/{own.public_id}/attachments").json()["data"] == []
    one = shop.get(f"{TICKETS}/{own.public_id}/attachments/{secret.public_id}")
    assert refusal(one)[:2] == (404, "attachment_not_found")


def test_a_conversation_is_told_and_rated(shop, agent, clock):
    made = open_one(shop).json()
    ticket = Ticket.objects.get()
    path = f"{TICKETS}/{made['id']}"

    add_message(
        ticket_id=ticket.pk, body="We ask the operator.", author=agent, channel="admin",
        then="waiting_for_merchant", now=clock.now,
    )  # fmt: skip
    assert shop.get(path).json()["status"] == "waiting_for_merchant"
    answered = shop.post({"body": "Thank you."}, path=f"{path}/messages")
    assert answered.status_code == 201 and shop.get(path).json()["status"] == "open"
    early = shop.post({"score": 5}, path=f"{path}/rating")
    change_status(ticket_id=ticket.pk, to="resolved", author=agent, now=clock.now)
    rated = shop.post({"score": 5, "comment": "Quick."}, path=f"{path}/rating")
    closed = shop.post({}, path=f"{path}/close")
    again = shop.post({}, path=f"{path}/close")

    assert refusal(early)[:2] == (409, "ticket_not_done")
    assert rated.json()["rating"] == 5
    assert closed.json()["status"] == again.json()["status"] == "closed"
    assert events(made["id"]) == ["ticket.created", "ticket.answered", "ticket.resolved"]


def test_a_file_goes_in_and_comes_out(shop):
    path = f"{TICKETS}/{open_one(shop).json()['id']}/attachments"

    added = shop.post(file_body(name="../../etc/pass\u202ewd.png"), path=path)
    again = shop.post(file_body(), path=path)

    assert added.status_code == 201, added.content
    body = added.json()
    assert (body["name"], body["media_type"], body["size"]) == (
        "passwd.png", "image/png", len(PIXEL),
    )  # fmt: skip
    assert again.json()["id"] == body["id"]
    assert shop.get(path).json()["data"] == [body]
    out = shop.get(f"{path}/{body['id']}").json()
    assert base64.b64decode(out["content"]) == PIXEL


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "attachment_empty"),
        (b"MZ\x90\x00" + b"\0" * 200, "attachment_type_refused"),
        (b"\x00\x01\x02", "attachment_type_refused"),
        (b"PK\x03\x04" + b"\0" * 100, "attachment_type_refused"),
        ("déjà".encode("latin-1"), "attachment_type_refused"),
        (b"a" * (FILE_BYTES_MAX + 1), "attachment_too_large"),
    ],
    ids=["empty", "program", "binary", "zip", "latin-1", "large"],
)
def test_a_file_that_is_not_taken_says_why(shop, content, code):
    path = f"{TICKETS}/{open_one(shop).json()['id']}/attachments"

    assert refusal(shop.post(file_body(content), path=path)) == (422, code, "content")
    assert shop.get(path).json()["data"] == []


def test_the_largest_file_is_taken_and_ten_at_most(shop):
    path = f"{TICKETS}/{open_one(shop).json()['id']}/attachments"

    largest = shop.post(file_body(b"a" * FILE_BYTES_MAX, name="log.txt"), path=path)
    for number in range(9):
        assert shop.post(file_body(f"{number}".encode()), path=path).status_code == 201
    eleventh = shop.post(file_body(b"one more"), path=path)

    assert largest.json()["content_type"] == largest.json()["media_type"] == "text/plain"
    assert refusal(eleventh)[1] == "attachments_full"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"subject": ""}, (400, "blank", "subject")),
        ({"subject": "\u200e \u200e"}, (422, "message_empty", "subject")),
        ({"body": "  \n "}, (400, "blank", "body")),
        ({"body": "x" * 20_001}, (400, "max_length", "body")),
        ({"category": "angry"}, (400, "unknown_category", "category")),
        ({"priority": "critical"}, (400, "unknown_priority", "priority")),
        ({"language": "de"}, (400, "unknown_language", "language")),
        ({"contact": "nobody"}, (422, "contact_invalid", "contact")),
        ({"about": "dis_" + "0" * 26}, (404, "ticket_subject_not_found", "about")),
        ({"mood": "bad"}, (400, "unknown_field", "mood")),
    ],
)
def test_bad_input_says_what_is_wrong(shop, fields, said):
    assert refusal(open_one(shop, **fields)) == said
    assert Ticket.objects.count() == 0


def test_what_is_written_is_encrypted_and_loses_what_is_hidden(shop):
    open_one(
        shop,
        subject="Call 677000001",
        body="Line\r\none\u202e\x07\n\n\n\n\n\nend",
        contact="6 77 00 00 01",
    )

    ticket, message = Ticket.objects.get(), TicketMessage.objects.get()
    assert b"677000001" not in bytes(ticket.subject_encrypted) + bytes(ticket.contact_encrypted)
    assert ticket.contact_masked == "+237 •••••••01"
    assert subject_of(ticket) == "Call 677000001"
    assert body_of(message) == "Line\none\n\n\nend"
    # An event is kept as it was sent.
    assert "677000001" not in Event.objects.get(object_id=ticket.pk).body
