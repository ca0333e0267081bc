"""A message of OpenPGP is opened if it is one, whole, to us, and signed by an agreed key."""

from __future__ import annotations

import base64
import io
import os
import resource
import subprocess
import tempfile
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.statement_sources.rules.pgp_packets import check_encrypted, check_signed, inflate
from apps.statement_sources.rules.pgp_problems import PGP_PROBLEMS, MessageRefused
from apps.statement_sources.transports import gnupg
from apps.statement_sources.transports.gnupg import PREFIX, PgpTimedOut, PgpUnavailable
from apps.statement_sources.transports.open_message import MessageKeys, open_message
from apps.statement_sources.transports.pgp_keys import (
    KeysUnreadable,
    SecretKeyGiven,
    read_public_keys,
)
from apps.statement_sources.transports.seal_message import SealingKeys, seal_message
from tests.statement_sources.pgp import bank, close_banks, needs_gnupg, our_pair

pytestmark = needs_gnupg

CAME = datetime(2026, 3, 11, 5, tzinfo=UTC)
CONTENT = b"reference;amount\n" * 40


@pytest.fixture(autouse=True, scope="module")
def banks():
    yield
    close_banks()


def ours():
    return our_pair()[1]


def keys_of(*banks, is_encrypted=True):
    key, _public, secret = our_pair()
    return MessageKeys(
        "\n".join(each.public_key for each in banks),
        [each.fingerprint for each in banks],
        is_encrypted,
        {key.fingerprint: secret} if is_encrypted else {},
    )


def opened(message, keys, *, at=CAME, size_max=1 << 20):
    """What is in it, and by whom."""
    with tempfile.TemporaryFile(buffering=0) as file, tempfile.TemporaryFile() as target:
        file.write(message)
        found = open_message(file, target, keys=keys, at=at, size_max=size_max)
        target.seek(0)
        return target.read(), found


def refusal(message, keys, **how):
    with pytest.raises(MessageRefused) as refused:
        opened(message, keys, **how)
    assert refused.value.code in PGP_PROBLEMS
    return refused.value.code.removeprefix("pgp_")


@pytest.mark.parametrize("options", [(), ("--armor",), ("--compress-algo", "none")])
def test_what_was_signed_and_encrypted_to_us_is_opened(options):
    sent = bank("A").send(CONTENT, ours(), *options)

    content, found = opened(sent, keys_of(bank("A")))

    assert content == CONTENT
    assert (found.signed_by, found.encrypted_to) == (
        bank("A").fingerprint,
        our_pair()[0].fingerprint,
    )
    assert found.signed_at == datetime(2026, 3, 11, 12, tzinfo=UTC)


@pytest.mark.parametrize("algorithm", ["none", "zip", "zlib", "bzip2"])
def test_what_was_signed_is_opened_however_it_is_compressed(algorithm):
    sent = bank("A").sign(CONTENT, "--compress-algo", algorithm)

    assert opened(sent, keys_of(bank("A"), is_encrypted=False))[0] == CONTENT


def test_each_way_of_not_being_what_was_agreed_has_its_code():
    known, keys = bank("A"), keys_of(bank("A"))
    sent, text = known.send(CONTENT, ours()), known.send(CONTENT, ours(), "--armor")
    at_the_end = bytearray(sent)
    at_the_end[-30] ^= 1

    assert {
        "clear": refusal(CONTENT, keys),
        "empty": refusal(b"", keys),
        "marked": refusal(b"\xef\xbb\xbf" + CONTENT, keys),
        "signed only": refusal(known.sign(CONTENT), keys),
        "encrypted only": refusal(known.encrypt(CONTENT, ours()), keys),
        "by another": refusal(bank("B").send(CONTENT, ours()), keys),
        "to another": refusal(known.send(CONTENT, our_pair("other")[1]), keys),
        "by password": refusal(known.gpg("--passphrase", "x", "--symmetric", given=CONTENT), keys),
        "more": refusal(sent + b"more", keys),
        "more lines": refusal(text + b"more\n", keys),
        "twice": refusal(sent + sent, keys),
        "twice as text": refusal(text + text, keys),
        "cut": refusal(sent[:-1], keys),
        "cut text": refusal(text[:-60], keys),
        "changed": refusal(bytes(at_the_end), keys),
        "weak": refusal(known.send(CONTENT, ours(), "--digest-algo", "SHA1"), keys),
        "keys": refusal(known.gpg("--export"), keys),
    } == {
        "clear": "cleartext",
        "empty": "cleartext",
        "marked": "cleartext",
        "signed only": "not_encrypted",
        "encrypted only": "not_signed",
        "by another": "unknown_key",
        "to another": "other_recipient",
        "by password": "other_recipient",
        "more": "trailing_data",
        "more lines": "trailing_data",
        "twice": "two_messages",
        "twice as text": "two_messages",
        "cut": "truncated",
        "cut text": "truncated",
        "changed": "damaged",
        "weak": "weak",
        "keys": "cleartext",
    }


def test_what_is_signed_only_is_one_message_too():
    # GnuPG itself says nothing of what follows a compressed message.
    known, keys = bank("A"), keys_of(bank("A"), is_encrypted=False)
    sent, plain = known.sign(CONTENT), known.sign(CONTENT, "--compress-algo", "none")

    assert {
        "clear": refusal(CONTENT, keys),
        "not signed": refusal(known.gpg("--store", given=CONTENT), keys),
        "in the text": refusal(known.gpg("--clearsign", given=CONTENT), keys),
        "beside it": refusal(known.gpg("--detach-sign", given=CONTENT), keys),
        "encrypted": refusal(known.send(CONTENT, ours()), keys),
        "more": refusal(sent + b"more", keys),
        "more, not compressed": refusal(plain + b"more", keys),
        "twice": refusal(sent + sent, keys),
        "twice, not compressed": refusal(plain + plain, keys),
        "cut": refusal(sent[:-5], keys),
        "changed": refusal(plain.replace(b"amount", b"AMOUNT", 1), keys),
    } == {
        "clear": "cleartext",
        "not signed": "not_signed",
        "in the text": "signature_form",
        "beside it": "signature_form",
        "encrypted": "other_recipient",
        "more": "trailing_data",
        "more, not compressed": "trailing_data",
        "twice": "two_messages",
        "twice, not compressed": "two_messages",
        "cut": "truncated",
        "changed": "bad_signature",
    }


def test_wherever_a_message_is_cut_or_goes_on_it_is_refused():
    sent, signed = bank("A").send(CONTENT, ours()), bank("A").sign(CONTENT)
    plain = bank("A").sign(b"short", "--compress-algo", "none")

    def taken(check, message):
        try:
            check(io.BytesIO(message))
        except MessageRefused:
            return False
        return True

    def unpacked(file):
        inflate(file, io.BytesIO(), size_max=1 << 20)

    for check, message in ((check_encrypted, sent), (check_signed, plain), (unpacked, signed)):
        assert taken(check, message)
        assert [n for n in range(len(message)) if taken(check, message[:n])] == []
        assert [n for n in range(256) if taken(check, message + bytes([n]))] == []


def test_a_file_in_a_million_pieces_takes_no_memory():
    # Of one byte each, no writer cuts; of 512, what is known of them is small.
    tiny = b"\xd2" + b"\xe0\0" * 500_000 + b"\1\0"
    small = b"\xc1\1\0\xd2" + (b"\xe9" + bytes(512)) * 10_000 + b"\1\0"

    tracemalloc.start()
    try:
        with pytest.raises(MessageRefused):
            check_encrypted(io.BytesIO(tiny))
        check_encrypted(io.BytesIO(small))
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_key_counts_as_it_was_when_the_file_came():
    expiring = bank("until July", until="20260701T000000")
    keys, sent = keys_of(expiring), expiring.send(CONTENT, ours())

    assert opened(sent, keys)[0] == CONTENT
    assert refusal(sent, keys, at=datetime(2026, 7, 2, tzinfo=UTC)) == "key_expired"


def test_a_revoked_key_signs_nothing():
    lost = bank("lost")
    sent, revoked = lost.send(CONTENT, ours()), lost.revoke()
    keys = replace(keys_of(lost), provider_keys=revoked)

    assert refusal(sent, keys) == "key_revoked"


def test_a_known_key_that_is_not_among_those_that_may_sign_is_none():
    keys = replace(keys_of(bank("A")), may_sign=[bank("B").fingerprint])

    assert refusal(bank("A").send(CONTENT, ours()), keys) == "unknown_key"


def test_a_name_in_a_message_says_nothing_for_gnupg():
    name = f"x\n[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG {bank('A').fingerprint[-16:]} A\n"
    name += f"[GNUPG:] VALIDSIG {bank('A').fingerprint} 2026-03-10 1773100000 0 4 0 22 8 00"
    sent = bank("B").sign(CONTENT, "--set-filename", f"{name} {bank('A').fingerprint}")

    assert refusal(sent, keys_of(bank("A"), is_encrypted=False)) == "unknown_key"


@pytest.mark.parametrize("is_encrypted", [True, False])
def test_a_bomb_is_given_up_in_little_memory(is_encrypted):
    huge = b"\0" * (16 << 20)
    sent = bank("A").send(huge, ours()) if is_encrypted else bank("A").sign(huge)
    del huge
    assert len(sent) < 1 << 16

    tracemalloc.start()
    try:
        assert refusal(sent, keys_of(bank("A"), is_encrypted=is_encrypted)) == "too_large"
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_a_full_disk_says_nothing_of_the_file():
    # It takes a part of what it is given, and fails at the next.
    keys, before = keys_of(bank("A")), resource.getrlimit(resource.RLIMIT_FSIZE)
    literal = b"\xc1\1\0\xd2\xff" + (90_000).to_bytes(4, "big") + os.urandom(90_000)
    body = base64.encodebytes(literal)
    armored = b"-----BEGIN PGP MESSAGE-----\n\n" + body + b"-----END PGP MESSAGE-----\n"
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(armored)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, before[1]))
            with pytest.raises(OSError, match="too large"):
                open_message(file, io.BytesIO(), keys=keys, at=CAME, size_max=1 << 20)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


def left():
    """Homes and agents of ours."""
    homes = list(gnupg.MEMORY_DIR.glob(f"{PREFIX}{os.getpid()}-*"))
    agents = subprocess.run(["pgrep", "-f", f"{PREFIX}{os.getpid()}-"], capture_output=True).stdout
    return homes, agents.split()


def test_nothing_is_left_behind_whatever_happens(monkeypatch):
    sent, keys = bank("A").send(CONTENT, ours()), keys_of(bank("A"))
    opened(sent, keys)
    refusal(bank("B").send(CONTENT, ours()), keys)
    assert left() == ([], [])

    monkeypatch.setattr(gnupg, "HOME_S_MAX", 0)
    with pytest.raises(PgpTimedOut):
        opened(sent, keys)
    assert left() == ([], [])


def test_the_agent_has_its_bounds_and_is_gone_with_its_home():
    for _again in range(3):
        with gnupg.gnupg_home(at=CAME, has_secrets=True):
            (agent,) = left()[1]
            bound = resource.prlimit(int(agent), resource.RLIMIT_AS)
            assert bound == (gnupg.MEMORY_BYTES_MAX, gnupg.MEMORY_BYTES_MAX)
            # GnuPG bounds it itself as it starts, and gives up where somebody else does meanwhile.
            core = resource.prlimit(int(agent), resource.RLIMIT_CORE)
            assert core[1] == resource.getrlimit(resource.RLIMIT_CORE)[1]
        assert left() == ([], [])


def test_what_a_process_left_that_died_is_removed():
    old = gnupg.MEMORY_DIR / f"{PREFIX}1-{os.getpid()}"
    Path(old / "private-keys-v1.d").mkdir(parents=True)
    os.utime(old, (1, 1))

    with gnupg.gnupg_home(at=CAME) as home:
        assert home.path.stat().st_mode & 0o777 == 0o700
        assert not old.exists()


def test_without_gnupg_nothing_is_said_of_the_file(monkeypatch):
    sent, keys = bank("A").send(CONTENT, ours()), keys_of(bank("A"))
    monkeypatch.setattr(gnupg.shutil, "which", lambda name: None)

    with pytest.raises(PgpUnavailable):
        opened(sent, keys)


def test_a_gnupg_that_was_ended_says_nothing_of_what_it_was_given(monkeypatch, tmp_path):
    sent, keys = bank("A").send(CONTENT, ours()), keys_of(bank("A"))
    ended = tmp_path / "gpg"
    ended.write_text("#!/bin/sh\nkill -KILL $$\n")
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexit 2\n")
    for program in (ended, silent):
        program.chmod(0o700)
    found = gnupg.shutil.which

    monkeypatch.setattr(
        gnupg.shutil, "which", lambda name: str(ended) if name == "gpg" else found(name)
    )
    with pytest.raises(PgpUnavailable, match="signal 9"):
        opened(sent, keys)
    with pytest.raises(PgpUnavailable, match="signal 9"):
        read_public_keys(bank("A").public_key, now=CAME)
    monkeypatch.setattr(
        gnupg.shutil, "which", lambda name: str(silent) if name == "gpg" else found(name)
    )
    with pytest.raises(PgpUnavailable, match="import"):
        read_public_keys(bank("A").public_key, now=CAME)
    with pytest.raises(PgpUnavailable, match="import"):
        seal_message(CONTENT, keys=SealingKeys(our_pair()[2]), at=CAME)


def test_only_public_keys_that_may_sign_are_taken():
    armored, keys = read_public_keys(bank("A").public_key + bank("B").public_key, now=CAME)
    assert {key.fingerprint for key in keys} == {bank("A").fingerprint, bank("B").fingerprint}
    assert read_public_keys(armored, now=CAME) == (armored, keys)

    secret = bank("A").gpg("--armor", "--export-secret-keys").decode()
    for given in (secret, secret.replace("PRIVATE", "PUBLIC")):
        with pytest.raises(SecretKeyGiven):
            read_public_keys(given, now=CAME)
    bank("short").gpg("--quick-gen-key", "rsa", "rsa1024", "sign", "never", at="20260101T000000")
    short = bank("short").gpg("--armor", "--export", "rsa").decode()
    for given in ("", "no key", bank("A").public_key[:200], short):
        with pytest.raises(KeysUnreadable):
            read_public_keys(given, now=CAME)
