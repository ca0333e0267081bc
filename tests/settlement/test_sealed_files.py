"""A bank file goes signed by us and encrypted to the bank, where its door asks for that: the bank
opens what was approved, and is given one message however often a worker dies."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.bank_doors.services.deliver_bank_file import deliver_bank_file
from apps.core import database_clock
from apps.core.alerts import CRITICAL
from apps.settlement.models import BankFile, Settlement
from apps.settlement.rules.contexts import FILE_CONTEXT
from apps.settlement.rules.delivery import TROUBLES
from apps.settlement.services.order_delivery import order_delivery
from apps.statement_sources.transports import gnupg
from apps.statement_sources.transports.folder import FolderRefused, FolderUnreachable
from apps.statement_sources.transports.sftp_outbox import SftpOutbox
from apps.vault.encryption import decrypt
from config.alert_sources import ALERT_SOURCES
from tests.killed import is_killed_at
from tests.monitoring.test_planted import find
from tests.settlement.conftest import MAKER, approve, broken_books
from tests.settlement.test_delivery import AFTER_SEAL, PLACES, annul, deliver, door, server, there
from tests.statement_sources.pgp import MADE_AT, Bank, needs_gnupg, our_pair

__all__ = ["door", "server"]

pytestmark = [needs_gnupg, pytest.mark.django_db(transaction=True)]

CURVES = ("ed25519", "cv25519")
KINDS = {"curves": CURVES, "nist": ("nistp256", "nistp256"), "rsa": ("rsa2048", "rsa2048")}


def new_bank(kind="curves", until="never"):
    signs_by, reads_by = KINDS[kind]
    return Bank("Bank", until=until, made_at=MADE_AT, signs_by=signs_by, reads_by=reads_by)


@pytest.fixture(scope="module")
def bank():
    made = new_bank()
    yield made
    made.close()


@pytest.fixture
def ours():
    """What it is, its public half, its private one."""
    return our_pair()


@pytest.fixture
def sealing(door, bank, ours, settings):
    """The door asks for this from now on."""

    def ask(pgp="signed_encrypted", **changes):
        keys = {"our_key": ours[2], "bank_key": bank.public_key}
        if pgp == "signed":
            del keys["bank_key"]
        asked = {**door, "pgp": pgp, **keys, **changes}
        settings.SETTLEMENT_DOORS = {"test": {"XAF": asked}}

    ask()
    return ask


@pytest.fixture
def ordered(filed, sealing, clock):
    approve(filed, clock)
    return order_delivery(file_id=filed.pk, actor="user:3", now=clock.now)


def approved_content(file):
    return decrypt(file.content_encrypted, context=FILE_CONTEXT, row_id=file.pk).encode()


def put(server):
    """The one file at the door."""
    (path,) = (server.root / "in").iterdir()
    return path


def opened(bank, ours, message):
    at = f"{database_clock.now() + timedelta(hours=1):%Y%m%dT%H%M%S}"
    return bank.open(message, of=ours[1], at=at)


@pytest.mark.parametrize("kind", KINDS)
def test_the_bank_opens_what_was_approved_and_sees_that_it_is_ours(
    ordered, sealing, server, ours, kind
):
    bank = new_bank(kind)
    sealing(bank_key=bank.public_key)

    deliver(ordered)

    path = put(server)
    content, told = opened(bank, ours, path.read_bytes())
    bank.close()
    assert path.name == f"{ordered.public_id}.xml.pgp"
    assert content == approved_content(ordered)
    assert {"GOODSIG", "DECRYPTION_OKAY", "GOODMDC", ours[0].fingerprint} <= told
    assert b"<Document" not in path.read_bytes()
    assert (ordered.status, ordered.delivered_to.rsplit("/", 1)[1]) == ("sent", path.name)
    assert Settlement.objects.get().status == "sent"
    assert broken_books() == []


def test_where_the_bank_wants_it_signed_alone_it_is(ordered, sealing, server, bank, ours):
    sealing("signed")

    deliver(ordered)

    content, told = opened(bank, ours, put(server).read_bytes())
    assert content == approved_content(ordered)
    assert {"GOODSIG", ours[0].fingerprint} <= told
    assert "DECRYPTION_OKAY" not in told


@pytest.mark.parametrize("place", [AFTER_SEAL, *PLACES])
def test_a_worker_killed_anywhere_gives_the_bank_one_message(ordered, server, place):
    due = ordered.delivery_due_at

    assert is_killed_at(place, lambda: deliver_bank_file(file_id=ordered.pk, leased_until=due))

    kept = bytes(BankFile.objects.get().sealed_encrypted)
    before = {path.name: path.read_bytes() for path in (server.root / "in").iterdir()}
    deliver(ordered)
    assert there(server) == [f"{ordered.public_id}.xml.pgp"]
    assert ordered.status == "sent"
    assert bytes(ordered.sealed_encrypted) == kept
    # What was there by any name is what is there.
    assert set(before.values()) <= {put(server).read_bytes()}
    assert broken_books() == []


def test_what_the_bank_took_before_we_saw_it_is_not_given_again_under_other_keys(
    ordered, sealing, server, ours, clock
):
    due = ordered.delivery_due_at
    assert is_killed_at(PLACES[-1], lambda: deliver_bank_file(file_id=ordered.pk, leased_until=due))
    put(server).unlink()
    other = new_bank()
    sealing(bank_key=other.public_key)
    other.close()

    deliver(ordered)

    assert there(server) == []
    assert (ordered.failure, ordered.delivery_due_at) == ("whereabouts", None)
    annul(ordered, clock)
    assert Settlement.objects.get().status == "waiting"


@pytest.mark.parametrize("changed", ["none", "another_key"])
def test_what_may_be_at_the_bank_stays_what_it_was_whatever_the_door_asks_for_since(
    ordered, sealing, server, door, settings, changed
):
    due = ordered.delivery_due_at
    assert is_killed_at(PLACES[-1], lambda: deliver_bank_file(file_id=ordered.pk, leased_until=due))
    sent = put(server).read_bytes()
    if changed == "none":
        settings.SETTLEMENT_DOORS = {"test": {"XAF": door}}
    else:
        sealing(our_key="nothing that anybody reads")

    deliver(ordered)

    assert put(server).read_bytes() == sent
    assert ordered.status == "sent"


def test_what_went_plain_is_found_as_plain_once_the_door_asks_for_more(
    ordered, sealing, door, settings, server
):
    settings.SETTLEMENT_DOORS = {"test": {"XAF": door}}
    due = ordered.delivery_due_at
    assert is_killed_at(PLACES[-1], lambda: deliver_bank_file(file_id=ordered.pk, leased_until=due))
    sealing()

    deliver(ordered)

    assert there(server) == [f"{ordered.public_id}.xml"]
    assert ordered.status == "sent"


def test_what_was_staged_for_other_keys_is_gone_before_the_bank_may_have_the_file(
    ordered, sealing, server
):
    due = ordered.delivery_due_at
    assert is_killed_at(PLACES[0], lambda: deliver_bank_file(file_id=ordered.pk, leased_until=due))
    (staged,) = there(server)
    other = new_bank()
    sealing(bank_key=other.public_key)
    other.close()

    deliver(ordered)

    assert staged.endswith(".part")
    assert there(server) == [f"{ordered.public_id}.xml.pgp"]
    assert ordered.status == "sent"


@pytest.mark.parametrize("trouble", [FolderRefused("folder"), FolderUnreachable("connection")])
def test_a_door_at_which_we_may_not_look_around_is_given_the_file(
    ordered, server, monkeypatch, trouble
):
    def refused(_outbox):
        raise trouble

    monkeypatch.setattr(SftpOutbox, "entries", refused)

    deliver(ordered)

    assert there(server) == [f"{ordered.public_id}.xml.pgp"]
    assert ordered.status == "sent"


def test_a_key_that_ended_since_it_was_sealed_for_sends_nothing(ordered, sealing, server, clock):
    ending = new_bank(until=f"{clock.now + timedelta(days=2):%Y-%m-%d}")
    sealing(bank_key=ending.public_key, password="another")
    ending.close()
    deliver(ordered)
    assert ordered.failure == "login"
    sealing(bank_key=ending.public_key)
    clock.advance(days=4)
    order_delivery(file_id=ordered.pk, actor=MAKER, now=clock.now)

    deliver(ordered)

    assert (ordered.failure, there(server)) == ("pgp_keys", [])


def test_sealed_for_a_key_that_was_wrong_it_is_sealed_anew_before_the_bank_has_it(
    ordered, sealing, server, bank, ours, clock
):
    stranger = new_bank()
    sealing(bank_key=stranger.public_key, password="another")
    stranger.close()
    deliver(ordered)
    assert ordered.failure == "login"
    sealing()
    order_delivery(file_id=ordered.pk, actor=MAKER, now=clock.now)

    deliver(ordered)

    content, _ = opened(bank, ours, put(server).read_bytes())
    assert content == approved_content(ordered)


ASKED = {
    "a word that nobody knows": {"pgp": "sealed"},
    "keys and no word": {"pgp": "none"},
    "no key of ours": {"our_key": ""},
    "no key of the bank": {"bank_key": ""},
    "a text that is no key": {"bank_key": "none"},
    "our public key": {"our_key": "OURS"},
    "a private key of theirs": {"bank_key": "SECRET"},
    "a key that has ended": {"bank_key": "ENDED"},
    "a key that nobody encrypts to": {"bank_key": "SIGNS ALONE"},
    "two keys": {"bank_key": "TWO"},
}


@pytest.mark.parametrize("what", ASKED)
def test_what_cannot_be_sealed_never_goes_plain_and_waits_for_a_person(
    ordered, sealing, server, bank, ours, clock, what
):
    changes = dict(ASKED[what])
    if changes.get("our_key") == "OURS":
        changes["our_key"] = ours[1]
    wanted = changes.get("bank_key")
    if wanted == "SECRET":
        changes["bank_key"] = ours[2]
    elif wanted in ("ENDED", "SIGNS ALONE", "TWO"):
        other = (
            Bank("Signs", until="never", made_at=MADE_AT)
            if wanted == "SIGNS ALONE"
            else new_bank(until="1d" if wanted == "ENDED" else "never")
        )
        changes["bank_key"] = other.public_key + (bank.public_key if wanted == "TWO" else "")
        other.close()
    sealing(**changes)

    deliver(ordered)

    assert there(server) == []
    assert (ordered.status, ordered.failure) == ("delivering", "pgp_keys")
    assert (ordered.delivery_due_at, ordered.handed_at) == (None, None)
    (finding,) = find("bank_file_undelivered", clock.now, includes_test=1.0)
    assert finding.facts["why"] == str(TROUBLES["pgp_keys"])
    sealing()
    order_delivery(file_id=ordered.pk, actor=MAKER, now=clock.now)
    assert (deliver(ordered).status, ordered.failure) == ("sent", "")


def test_where_gnupg_does_not_work_it_is_tried_again(ordered, server, monkeypatch):
    with monkeypatch.context() as without:
        without.setattr(gnupg.shutil, "which", lambda name: None)
        deliver(ordered)
    assert (ordered.failure, there(server)) == ("pgp_program", [])
    assert ordered.delivery_due_at is not None

    assert (deliver(ordered).status, ordered.failure) == ("sent", "")


def test_neither_key_nor_message_stands_in_the_database_in_clear(ordered, sealing, ours):
    sealing("signed")

    deliver(ordered)

    row = BankFile.objects.values().get()
    secret = ours[2].splitlines()[3]
    kept = b"".join(bytes(value) for value in row.values() if isinstance(value, memoryview | bytes))
    assert b"Document" not in kept and secret.encode() not in kept
    assert "Document" not in repr(row) and secret not in repr(row)


@pytest.mark.parametrize(("until", "severity"), [("never", None), ("30d", ""), ("3d", CRITICAL)])
def test_somebody_is_told_before_the_key_of_the_bank_ends(sealing, clock, until, severity):
    now = database_clock.now()
    bank = Bank(
        "Bank", until=until, made_at=f"{now - timedelta(days=1):%Y%m%dT%H%M%S}", reads_by="cv25519"
    )
    sealing(bank_key=bank.public_key)
    bank.close()

    told = find("pgp_key_ending", now, includes_test=1.0)

    assert [one.severity for one in told] == ([] if severity is None else [severity])
    assert all(ALERT_SOURCES["pgp_key_ending"].sentence % one.facts for one in told)
    assert find("pgp_key_ending", now) == []
