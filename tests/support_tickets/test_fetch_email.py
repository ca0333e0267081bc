"""The support mailbox, on a real IMAP server."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from imap_tools import A, MailBoxUnencrypted

from apps.support_tickets.models import Ticket, TicketMessage
from apps.support_tickets.services import fetch_email as module
from apps.support_tickets.services.fetch_email import fetch_email
from local import ports
from tests.support_tickets.test_email import written

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server():
    port = ports.choose_port()
    arguments = ["--host", "127.0.0.1", "--port", str(port), "--no-tls", "dict", "--demo-data"]
    process = subprocess.Popen([Path(sys.executable).with_name("pymap"), *arguments])
    try:
        while not ports.accepts_connections(port):
            assert process.poll() is None, "the mail server ended"
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def mailbox(server, settings):
    settings.SUPPORT_ADDRESS = "Support <support@lomi.example>"
    settings.SUPPORT_MAILBOX = f"imap://demouser:demopass@127.0.0.1:{server}/INBOX"
    with MailBoxUnencrypted("127.0.0.1", server, timeout=30).login("demouser", "demopass") as box:
        if there := box.uids():
            box.delete(there)
        yield box


def left_unread(mailbox):
    return len(mailbox.uids(A(seen=False)))


def test_what_is_unread_becomes_tickets_once(mailbox):
    for number in range(3):
        mailbox.append(written(f"Debited, {number}.").as_bytes(), "INBOX")

    assert fetch_email() == 3
    assert fetch_email() == 0

    assert Ticket.objects.count() == 3
    assert left_unread(mailbox) == 0


def test_one_that_was_recorded_and_not_marked_is_not_recorded_again(mailbox):
    mailbox.append(written().as_bytes(), "INBOX")
    fetch_email()
    mailbox.flag(mailbox.uids(), ["\\Seen"], value=False)

    assert fetch_email() == 1

    assert TicketMessage.objects.count() == 1
    assert left_unread(mailbox) == 0


def test_what_is_not_taken_stays_for_a_person_and_holds_up_nobody(mailbox, monkeypatch):
    mailbox.append(written(Auto_Submitted="auto-replied").as_bytes(), "INBOX")
    mailbox.append(written("x" * 5_000).as_bytes(), "INBOX")
    mailbox.append(written("Debited.").as_bytes(), "INBOX")
    monkeypatch.setattr(module, "BYTES_MAX", 4_000)

    fetch_email()

    assert Ticket.objects.count() == 1
    assert len(mailbox.uids(A(flagged=True))) == 2
    assert left_unread(mailbox) == 0


def test_while_the_database_is_away_nothing_is_marked(mailbox, monkeypatch):
    mailbox.append(written().as_bytes(), "INBOX")

    def away(*_args, **_kwargs):
        raise ConnectionResetError

    monkeypatch.setattr(module, "receive_email", away)
    with pytest.raises(OSError):
        fetch_email()

    assert left_unread(mailbox) == 1
