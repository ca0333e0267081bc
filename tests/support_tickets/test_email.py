"""Support by e-mail: what comes in, from whom, and what goes out."""

from email.message import EmailMessage

import pytest
from django.core import mail

from apps.core.models import OutboxMessage
from apps.core.work.outbox import ClaimedMessage
from apps.support_tickets.models import Ticket, TicketMessage
from apps.support_tickets.rules.email_thread import reply_address
from apps.support_tickets.rules.texts import body_of, contact_of, file_name_of, subject_of
from apps.support_tickets.services.add_message import add_message
from apps.support_tickets.services.merge_tickets import TicketsNotMergeable, merge_tickets
from apps.support_tickets.services.receive_email import EmailRefused, receive_email
from apps.support_tickets.services.send_ticket_email import send_ticket_email
from apps.support_tickets.services.write_as_payer import PayerWord, write_as_payer

pytestmark = pytest.mark.django_db

PNG = bytes.fromhex("89504e470d0a1a0a0000000d494844520000000100000001080600000037")


@pytest.fixture(autouse=True)
def _support(settings):
    settings.SUPPORT_ADDRESS = "Support <support@lomi.example>"


def written(body="I was debited.", *, sender="awa@mail.example", **headers):
    email = EmailMessage()
    email["From"], email["To"] = sender, "support@lomi.example"
    fields = {"Subject": "Debited", "Message-ID": f"<{hash(body)}@mail.example>", **headers}
    for name, value in fields.items():
        email[name.replace("_", "-")] = value
    email.set_content(body)
    return email


@pytest.fixture
def receive(clock):
    def take(email):
        raw = email if isinstance(email, bytes) else email.as_bytes()
        return receive_email(raw, now=clock.now)

    return take


def send_all():
    """What was promised by e-mail is sent; returns the e-mails."""
    for one in OutboxMessage.objects.filter(topic="tickets.email").order_by("id"):
        send_ticket_email(ClaimedMessage(one.pk, one.payload, 1))
    OutboxMessage.objects.filter(topic="tickets.email").delete()
    sent, mail.outbox[:] = list(mail.outbox), []
    return sent


def test_an_email_opens_a_ticket_and_is_confirmed_as_programs_do(receive):
    message = receive(written())

    ticket = message.ticket
    assert (ticket.status, ticket.merchant, ticket.requester_kind) == ("new", None, "payer")
    assert (subject_of(ticket), body_of(message)) == ("Debited", "I was debited.")
    assert contact_of(ticket) == "awa@mail.example"
    [confirmed] = send_all()
    assert confirmed.to == ["awa@mail.example"]
    assert ticket.shown_number in confirmed.subject
    assert confirmed.extra_headers["Auto-Submitted"] == "auto-replied"
    assert confirmed.extra_headers["In-Reply-To"] == message.message_id


@pytest.mark.parametrize("by", ["In-Reply-To", "References", "To"])
def test_an_answer_finds_its_ticket_by_what_it_answers(receive, agent, clock, by):
    ticket = receive(written()).ticket
    send_all()
    add_message(
        ticket_id=ticket.pk, body="When was it?", author=agent, channel="admin", now=clock.now
    )
    [asked] = send_all()
    assert "When was it?" in asked.body
    answer = written(
        "Today, at noon.\n\nLe 26 nov. 2026 à 09:00, Support a écrit :\n> When was it?"
    )
    if by == "To":
        answer.replace_header("To", asked.reply_to[0])
    else:
        answer[by] = f"<other@mail.example> {asked.extra_headers['Message-ID']}"

    message = receive(answer)

    assert message.ticket == ticket
    assert message.author_kind == "payer"
    assert body_of(message) == "Today, at noon."


def test_the_same_email_twice_is_one_message(receive):
    email = written()

    assert receive(email) is not None
    assert receive(email) is None
    assert (Ticket.objects.count(), TicketMessage.objects.count()) == (1, 1)


def test_without_a_message_id_the_content_says_that_it_is_the_same(receive):
    email = written()
    del email["Message-ID"]

    assert receive(email) is not None
    assert receive(email) is None


def test_a_forged_sender_does_not_enter_a_conversation(receive):
    ticket = receive(written()).ticket

    other = receive(written("Send it to 677000009 instead.", Subject=f"Re: {ticket.shown_number}"))

    assert other.ticket != ticket
    assert ticket.messages.count() == 1


def test_a_token_in_strange_hands_makes_a_note_for_staff(receive):
    ticket = receive(written()).ticket
    [confirmed] = send_all()
    forwarded = written("I am his brother.", sender="mallory@mail.example")
    forwarded["In-Reply-To"] = confirmed.extra_headers["Message-ID"]

    message = receive(forwarded)

    assert (message.ticket, message.is_internal, message.author_kind) == (ticket, True, "system")
    assert "mallory" not in body_of(message)
    ticket.refresh_from_db()
    assert send_all() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List-Id": "<news.mail.example>"},
        {"Return-Path": "<>"},
        {"sender": "MAILER-DAEMON@mail.example"},
        {"sender": "Support <support@lomi.example>"},
        {"sender": "support+abc@lomi.example"},
        {"sender": "no-reply@mail.example"},
        {"sender": "not an address"},
    ],
)
def test_what_programs_write_is_not_answered(receive, headers):
    with pytest.raises(EmailRefused):
        receive(written(**headers))

    assert not Ticket.objects.exists()
    assert send_all() == []


def test_a_loop_ends_within_the_hour(receive, clock):
    for number in range(5):
        receive(written(f"Away until Monday. {number}"))

    with pytest.raises(EmailRefused):
        receive(written("Away until Monday. 5"))

    clock.advance(hours=1, minutes=1)
    assert receive(written("Away until Monday. 6")) is not None


def test_many_answers_of_one_ticket_end_too(receive):
    receive(written())
    [confirmed] = send_all()
    thread = {"In-Reply-To": confirmed.extra_headers["Message-ID"]}
    taken = 0
    with pytest.raises(EmailRefused):
        for number in range(50):
            receive(written(f"Again. {number}", **thread))
            taken += 1

    assert taken == 20 - 1


def test_of_a_page_only_the_text_is_kept(receive):
    email = written("x")
    email.set_content(
        "<style>p{}</style><script>alert(1)</script><p>I was <b>debited</b>.</p>"
        "<img src=x onerror=alert(1)><p>Caf&eacute; &lt;3</p>",
        subtype="html",
    )

    text = body_of(receive(email))

    assert text.split() == ["I", "was", "debited.", "Café", "<3"]


def test_other_charsets_and_none_at_all_are_read(receive):
    latin = written("x")
    latin.set_content("Débité deux fois", charset="iso-8859-1")
    unknown = (
        b"From: awa@mail.example\r\nSubject: =?x-none?Q?h=E9?=\r\n"
        b"Content-Type: text/plain; charset=x-none\r\n\r\nD\xe9bit\xe9 \xff\x00.\r\n"
    )

    assert body_of(receive(latin)) == "Débité deux fois"
    assert body_of(receive(unknown)).startswith("D")


def test_files_are_judged_by_content_and_the_refused_ones_named(receive):
    email = written()
    email.add_attachment(PNG, maintype="image", subtype="png", filename="../receipt.png")
    email.add_attachment(b"MZ\x90\x00", maintype="image", subtype="png", filename="game.png")
    email.add_attachment(b"PK\x03\x04", maintype="application", subtype="zip", filename="x.zip")

    message = receive(email)

    [kept] = message.ticket.attachments.all()
    assert (kept.media_type, file_name_of(kept)) == ("image/png", "receipt.png")
    [note] = message.ticket.messages.filter(is_internal=True)
    assert body_of(note).split("\n") == [
        "game.png: attachment_type_refused",
        "x.zip: attachment_type_refused",
    ]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00",
        b"From: a@b.example\r\n\r\n",
        b"From: <>\r\n\r\nx",
        b"\xff" * 5_000,
        b"From:" * 999,
    ],
)
def test_what_is_no_email_is_refused_or_kept_and_never_breaks(receive, raw):
    try:
        message = receive(raw)
    except EmailRefused:
        message = None

    assert message is None or body_of(message)


def test_an_address_left_on_the_payers_page_gets_the_answer(ticket, payment, agent, clock):
    one = ticket(payment=payment, contact="awa@mail.example")

    add_message(
        ticket_id=one.pk,
        body="A note.",
        author=agent,
        channel="admin",
        is_internal=True,
        now=clock.now,
    )
    add_message(ticket_id=one.pk, body="It is paid.", author=agent, channel="admin", now=clock.now)

    [sent] = send_all()
    assert "It is paid." in sent.body
    assert "A note." not in sent.body


def test_an_email_never_answers_as_staff(receive, ticket, agent):
    one = ticket(requester_kind="staff", contact="fatou@lomi.example", author=agent)
    email = written("Any news?", sender="fatou@lomi.example")
    email.replace_header("To", reply_address(one.pk, address="support@lomi.example"))

    message = receive(email)

    one.refresh_from_db()
    assert (message.author_kind, message.is_internal) == ("system", True)
    assert one.first_answered_at is None and one.unanswered_since is not None
    assert send_all() == []


@pytest.mark.parametrize(
    "message_id",
    [
        "=?utf-8?q?=3Cabc=0D=0ABcc=3A_evil=40mail.example=3E?=",
        "<a b@mail.example>",
        "=?utf-8?q?=3C=C3=A9@mail.example=3E?=",
        "<" + "x" * 300 + "@mail.example>",
    ],
)
def test_a_message_id_that_no_header_can_bear_hinders_no_answer(receive, agent, clock, message_id):
    raw = (
        "From: awa@mail.example\r\nTo: support@lomi.example\r\nSubject: Debited\r\n"
        f"Message-ID: {message_id}\r\n\r\nI was debited.\r\n"
    )
    message = receive(raw.encode())

    assert receive(raw.encode()) is None
    [sent] = send_all()
    assert sent.message()["In-Reply-To"] == message.message_id
    assert sent.recipients() == ["awa@mail.example"]


def test_whoever_left_a_number_since_is_sent_no_email(ticket, payment, agent, clock):
    one = ticket(payment=payment, contact="awa@mail.example")
    add_message(ticket_id=one.pk, body="It is paid.", author=agent, channel="admin", now=clock.now)
    word = PayerWord(body="Call me.", category="other", language="fr", contact="+237670000001")
    write_as_payer(payment=payment, word=word, now=clock.now)

    assert send_all() == []


def test_whoever_asked_in_a_merged_ticket_hears_the_answer(ticket, payment, agent, clock, receive):
    merchant = payment.merchant
    asked = [
        ticket(merchant=merchant, contact=contact, language=language)
        for contact, language in (
            ("awa@shop.example", "fr"),
            ("binta@shop.example", "en"),
            ("AWA@shop.example", "fr"),
            ("", "fr"),
        )
    ]
    *others, into = asked
    for one in others:
        merge_tickets(ticket_id=one.pk, into_id=into.pk, author=agent, now=clock.now)

    add_message(ticket_id=into.pk, body="It is paid.", author=agent, channel="admin", now=clock.now)

    sent = {email.recipients()[0]: email for email in send_all()}
    assert sent.keys() == {"awa@shop.example", "binta@shop.example"}
    assert "To answer, reply" in sent["binta@shop.example"].body
    reply = written("Thank you.", sender="binta@shop.example")
    reply.replace_header("To", sent["binta@shop.example"].reply_to[0])
    message = receive(reply)
    assert (message.ticket_id, message.author_kind) == (into.pk, "merchant")


def test_two_emails_of_one_sender_are_merged_and_of_two_are_not(receive, agent, clock):
    first, second = (receive(written(text)).ticket for text in ("One.", "Two."))
    stranger = receive(written("Three.", sender="eve@mail.example")).ticket

    with pytest.raises(TicketsNotMergeable):
        merge_tickets(ticket_id=stranger.pk, into_id=first.pk, author=agent, now=clock.now)
    merge_tickets(ticket_id=second.pk, into_id=first.pk, author=agent, now=clock.now)
