from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO

from apps.statement_sources.rules.pgp_armor import dearmor
from apps.statement_sources.rules.pgp_packets import check_encrypted, check_signed, inflate
from apps.statement_sources.rules.pgp_problems import (
    BAD_SIGNATURE,
    DAMAGED,
    KEY_EXPIRED,
    KEY_REVOKED,
    NOT_SIGNED,
    OPENED_TOO_LARGE,
    OTHER_RECIPIENT,
    UNKNOWN_KEY,
    WEAK,
    MessageRefused,
)
from apps.statement_sources.transports.gnupg import Home, OutputTooLarge, Status, gnupg_home
from apps.statement_sources.transports.spool import spool

# SHA-2 and SHA-3; signatures over a text or over bytes (RFC 9580, 9.5 and 5.2.1).
DIGESTS = {"8", "9", "10", "11", "12", "14"}
OF_CONTENT = {"00", "01"}
# GnuPG's own number for a key that it does not have.
NO_PUBLIC_KEY = "9"
# Said by GnuPG of what is no single, whole message.
TROUBLES = ("ERROR", "FAILURE", "NODATA", "UNEXPECTED", "TRUNCATED", "BADARMOR")
SIGNATURES = (
    "GOODSIG", "VALIDSIG", "BADSIG", "ERRSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG",
)  # fmt: skip
# A key that was made after the file came is a key all the same, and none of the file's.
IMPORT = ("--ignore-time-conflict", "--import")
# Packets around a text take so much more than it at most.
AROUND_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class MessageKeys:
    """`provider_keys`: public keys in armor, of which one of `may_sign` (fingerprints of primary
    keys) has to have signed. `secrets`: our private keys in armor by fingerprint, where a message
    has to be encrypted to one of them."""

    provider_keys: str
    may_sign: Collection[str]
    is_encrypted: bool
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """Fingerprints of primary keys; `encrypted_to` is "" of what was signed only."""

    signed_by: str
    signed_at: datetime
    encrypted_to: str = ""


def open_message(
    message: BinaryIO, target: BinaryIO, *, keys: MessageKeys, at: datetime, size_max: int
) -> Opened:
    """Write what a message contains to `target`, once it is one whole message, encrypted to us
    where that was agreed, and signed by a key that was. In flat memory.

    Nobody may read `target` where this raises: it may hold what nobody signed.

    Args:
        message: a file without a buffer.
        at: when it came; keys and signatures are judged by that.
        size_max: of the content, in bytes.

    Raises:
        MessageRefused: with its code.
        PgpUnavailable, PgpTimedOut: it says nothing of the file.
    """
    with ExitStack() as files:

        def new_file() -> BinaryIO:
            return files.enter_context(spool())

        plain = new_file()
        if dearmor(message, plain):
            message = plain
        if keys.is_encrypted:
            check_encrypted(message)
        else:
            # Before anything is started for it: what this refuses needs no key to be judged.
            message = _inflated(message, new_file(), size_max)
            check_signed(message)
        home = files.enter_context(gnupg_home(at=at, has_secrets=keys.is_encrypted))
        encrypted_to = ""
        if keys.is_encrypted:
            inner = new_file()
            encrypted_to = _decrypt(home, message, inner, keys, size_max)
            message = _inflated(inner, new_file(), size_max)
            check_signed(message)
        signed_by, signed_at = _verify(home, message, target, keys, size_max)
    return Opened(signed_by, signed_at, encrypted_to)


def _inflated(message: BinaryIO, target: BinaryIO, size_max: int) -> BinaryIO:
    is_compressed = inflate(message, target, size_max=size_max + AROUND_BYTES)
    return target if is_compressed else message


def _decrypt(
    home: Home, message: BinaryIO, target: BinaryIO, keys: MessageKeys, size_max: int
) -> str:
    """The signed message within an encrypted one; answers to which key of ours."""
    secrets = "\n".join(keys.secrets.values()).encode()
    if not home.run(*IMPORT, given=secrets).has("IMPORT_OK"):
        raise RuntimeError("our private keys cannot be imported")
    told = _run(home, "--unwrap", message, target, size_max + 2 * AROUND_BYTES)
    ours = [line[2] for line in told.all("DECRYPTION_KEY") if line[2] in keys.secrets]
    if not ours:
        raise MessageRefused(OTHER_RECIPIENT)
    # What shows that nobody changed it: a digest within, or the cipher itself (AEAD).
    is_whole = told.has("GOODMDC") or any(
        line[3] != "0" for line in told.all("DECRYPTION_INFO") if len(line) > 3
    )
    is_plain = told.has("DECRYPTION_OKAY") and not told.has("DECRYPTION_FAILED", *TROUBLES)
    if not (told.is_well and is_plain and is_whole):
        raise MessageRefused(DAMAGED)
    return ours[0]


def _verify(
    home: Home, message: BinaryIO, target: BinaryIO, keys: MessageKeys, size_max: int
) -> tuple[str, datetime]:
    if not home.run(*IMPORT, given=keys.provider_keys.encode()).has("IMPORT_OK"):
        raise RuntimeError("the provider's keys cannot be imported")
    told = _run(home, "--decrypt", message, target, size_max)
    found = [_signer(lines, keys) for lines in _by_signature(told)]
    if not found:
        raise MessageRefused(NOT_SIGNED)
    if not told.is_well or len(told.all("PLAINTEXT")) != 1 or told.has(*TROUBLES):
        raise MessageRefused(DAMAGED)
    return found[0]


def _run(home: Home, what: str, message: BinaryIO, target: BinaryIO, size_max: int) -> Status:
    try:
        return home.run(what, given=message, target=target, size_max=size_max)
    except OutputTooLarge:
        raise MessageRefused(OPENED_TOO_LARGE) from None


def _by_signature(told: Status) -> list[dict[str, list[str]]]:
    """What is said of each signature, by its word."""
    found: list[dict[str, list[str]]] = []
    for line in told.lines:
        if line[0] == "NEWSIG":
            found.append({})
        elif line[0] in SIGNATURES:
            if not found:
                raise MessageRefused(DAMAGED)
            found[-1][line[0]] = line
    return found


def _signer(told: Mapping[str, list[str]], keys: MessageKeys) -> tuple[str, datetime]:
    """Who signed, and when. What counts is the fingerprint of VALIDSIG; "good" is said of any key.

    Raises MessageRefused.
    """
    if "BADSIG" in told:
        raise MessageRefused(BAD_SIGNATURE)
    if "ERRSIG" in told:
        line = told["ERRSIG"]
        is_unknown = len(line) > 6 and line[6] == NO_PUBLIC_KEY
        raise MessageRefused(UNKNOWN_KEY, line[1]) if is_unknown else MessageRefused(WEAK)
    valid = told.get("VALIDSIG", [])
    if len(valid) < 11:
        raise MessageRefused(BAD_SIGNATURE)
    fingerprint = valid[10]
    if fingerprint not in keys.may_sign:
        raise MessageRefused(UNKNOWN_KEY, fingerprint)
    if "REVKEYSIG" in told:
        raise MessageRefused(KEY_REVOKED, fingerprint)
    if "EXPKEYSIG" in told or "EXPSIG" in told:
        raise MessageRefused(KEY_EXPIRED, fingerprint)
    if valid[8] not in DIGESTS:
        raise MessageRefused(WEAK)
    if "GOODSIG" not in told or valid[9] not in OF_CONTENT:
        raise MessageRefused(BAD_SIGNATURE)
    return fingerprint, datetime.fromtimestamp(int(valid[3]), UTC)
