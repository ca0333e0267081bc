"""The payer's page of support: no account, no cookie, no JavaScript."""

from threading import Barrier, Thread

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from apps.core import rate_limit
from apps.core.attachment_type import FILE_BYTES_MAX
from apps.support_tickets.models import Ticket, TicketAttachment
from apps.support_tickets.rules.texts import body_of, contact_of, subject_of
from apps.support_tickets.services.add_attachment import add_attachment
from apps.support_tickets.services.add_message import add_message
from apps.support_tickets.services.change_status import change_status
from apps.vault.tokens import sign_token
from tests.factories import MerchantFactory, PaymentFactory

pytestmark = pytest.mark.django_db
WORD = {"category": "debited_not_confirmed", "body": "I was debited."}


@pytest.fixture
def browser(settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "help_address_hour": 1_000_000}
    return Client(enforce_csrf_checks=True, headers={"accept": "text/html"})


def path_of(payment, purpose="payer_page"):
    return f"/pay/{sign_token(purpose, payment.pk)}/help"


def write(browser, payment, language="en", **fields):
    return browser.post(f"{path_of(payment)}?language={language}", {**WORD, **fields})


def test_a_payer_writes_is_answered_and_rates(browser, payment, agent, clock):
    sent = write(browser, payment, contact="6 77 00 00 09")

    ticket = Ticket.objects.get()
    assert sent.status_code == 302 and sent["Location"].startswith(path_of(payment))
    assert (ticket.requester_kind, ticket.status, ticket.language, ticket.category) == (
        "payer", "new", "en", "debited_not_confirmed",
    )  # fmt: skip
    assert contact_of(ticket) == "237677000009"
    assert subject_of(ticket).startswith("I was debited")
    add_message(
        ticket_id=ticket.pk, body="Secret note.", author=agent, channel="admin", is_internal=True,
        now=clock.now,
    )  # fmt: skip
    add_message(
        ticket_id=ticket.pk, body="We <b>asked</b>.", author=agent, channel="admin",
        then="resolved", now=clock.now,
    )  # fmt: skip
    html = browser.get(path_of(payment), {"language": "en"}).content.decode()
    assert "I was debited." in html and "We &lt;b&gt;asked&lt;/b&gt;." in html
    assert "Secret note" not in html and "fatou" not in html
    rated = browser.post(path_of(payment), {"score": "4", "comment": "Fine."})

    ticket.refresh_from_db()
    assert rated.status_code == 302 and ticket.csat_score == 4


def test_one_payment_is_one_ticket(browser, payment, agent, clock):
    write(browser, payment)
    write(browser, payment, body="And now?")
    change_status(ticket_id=Ticket.objects.get().pk, to="resolved", author=agent, now=clock.now)
    write(browser, payment, body="It is not done.")

    ticket = Ticket.objects.get()
    assert ticket.status == "open"
    assert [body_of(one) for one in ticket.messages.order_by("id")] == [
        "I was debited.", "And now?", "It is not done.",
    ]  # fmt: skip


def test_after_the_end_another_ticket_is_opened(browser, payment, agent, clock):
    write(browser, payment)
    first = Ticket.objects.get()
    change_status(ticket_id=first.pk, to="closed", author=agent, now=clock.now)

    write(browser, payment, body="Again.")
    write(browser, payment, body="And again.")

    second = Ticket.objects.exclude(pk=first.pk).get()
    assert second.messages.count() == 2
    html = browser.get(path_of(payment)).content.decode()
    assert "And again." in html and second.shown_number in html


@pytest.mark.django_db(transaction=True)
def test_the_same_form_at_the_same_moment_is_one_ticket(browser):
    payment, barrier = PaymentFactory(verifying=True), Barrier(3)
    answers = []

    def send():
        barrier.wait()
        answers.append(write(Client(), payment).status_code)
        connection.close()

    threads = [Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [302, 302, 302]
    assert Ticket.objects.get().messages.count() == 3


@pytest.mark.parametrize("token", ["nonsense", "0" * 52, ""])
def test_without_the_token_there_is_nothing(browser, token):
    assert browser.get(f"/pay/{token}/help").status_code == 404
    assert browser.post(f"/pay/{token}/help", WORD).status_code == 404


def test_another_purposes_token_opens_nothing(browser, payment):
    assert browser.get(path_of(payment, "callback")).status_code == 404


def test_one_payers_token_shows_nothing_of_another(browser, payment, agent, clock):
    other = PaymentFactory(merchant=payment.merchant, verifying=True)
    write(browser, other)
    file = add_attachment(
        ticket_id=Ticket.objects.get().pk, name="a.txt", content=b"hers", author=agent,
        now=clock.now,
    )  # fmt: skip

    assert "I was debited." not in browser.get(path_of(payment)).content.decode()
    assert browser.get(f"{path_of(payment)}/files/{file.public_id}").status_code == 404
    assert browser.get(f"{path_of(other)}/files/{file.public_id}").content == b"hers"


def test_a_file_goes_in_and_out_as_a_download(browser, payment):
    write(browser, payment, file=SimpleUploadedFile("x.svg", b"<svg onload=alert(1)>"))

    file = TicketAttachment.objects.get()
    answer = browser.get(f"{path_of(payment)}/files/{file.public_id}")

    assert answer["Content-Type"] == "text/plain" and "sandbox" in answer["Content-Security-Policy"]
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"body": ""}, 400),
        ({"body": "\u200b"}, 422),
        ({"body": "x" * 20_001}, 400),
        ({"category": "webhook_not_received"}, 400),
        ({"category": "x"}, 400),
        ({"contact": "nobody"}, 422),
        ({"file": SimpleUploadedFile("x.exe", b"MZ\x90" + b"\0" * 99)}, 422),
        ({"file": SimpleUploadedFile("x.txt", b"a" * (FILE_BYTES_MAX + 1))}, 422),
        ({"file": SimpleUploadedFile("x.txt", b"a" * (FILE_BYTES_MAX + 999_999))}, 413),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_is_kept(browser, payment, fields, status):
    answer = write(browser, payment, **fields)

    assert answer.status_code == status
    assert not Ticket.objects.exists()


def test_what_was_typed_is_kept_when_it_is_refused(browser, payment):
    html = write(browser, payment, contact="nobody", body="My long story.").content.decode()

    assert "My long story." in html and 'value="debited_not_confirmed" id' in html


def test_who_writes_too_often_is_asked_to_wait(browser, payment, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "help_payment_hour": 2}
    rate_limit._local = rate_limit._LocalCounts()

    answers = [write(browser, payment) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert 0 < int(answers[2]["Retry-After"]) <= 3600
    assert Ticket.objects.get().messages.count() == 2


def test_it_speaks_the_merchants_language_or_the_payers(browser):
    payment = PaymentFactory(merchant=MerchantFactory(language="fr"), verifying=True)

    french = browser.get(path_of(payment)).content.decode()
    english = browser.get(path_of(payment), {"language": "en"}).content.decode()
    strange = browser.get(path_of(payment), {"language": "xx"}).content.decode()

    assert '<html lang="fr">' in french and '<html lang="en">' in english
    assert '<html lang="fr">' in strange
    assert "My phone asked me for nothing" in english


@pytest.mark.parametrize(
    ("state", "offered", "absent"),
    [
        ("succeeded", "refund_not_arrived", "no_prompt"),
        ("failed", "failed_and_debited", "refund_not_arrived"),
        ("verifying", "no_prompt", "failed_and_debited"),
    ],
)
def test_what_may_be_wrong_depends_on_how_the_payment_stands(browser, state, offered, absent):
    html = browser.get(path_of(PaymentFactory(**{state: True}))).content.decode()

    assert f'value="{offered}"' in html and f'value="{absent}"' not in html
    assert "webhook_not_received" not in html


def test_the_page_keeps_to_itself(browser, payment):
    answer = browser.get(path_of(payment))

    assert answer["Referrer-Policy"] == "no-referrer" and answer["Cache-Control"] == "no-store"
    assert "script-src" not in answer["Content-Security-Policy"]
    assert not answer.cookies
    assert path_of(payment) in browser.get(path_of(payment).removesuffix("/help")).content.decode()
