"""Keys of OpenPGP: read as people paste them, and made here."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime

from apps.statement_sources.rules.agreed_keys import OURS, PROVIDER, AgreedKey, newest_first
from apps.statement_sources.transports.gnupg import (
    Home,
    OutputTooLarge,
    PgpUnavailable,
    Status,
    gnupg_home,
)

# The numbers of algorithms (RFC 9580, 9.1), as they are called.
RSA, ECDSA, EDDSA, ED25519 = "1", "19", "22", "27"
NAMES = {RSA: "RSA", ECDSA: "ECDSA", EDDSA: "EdDSA", ED25519: "EdDSA"}
RSA_BITS_MIN = 2048
# What a key, or a part of it, is for, as GnuPG lists it.
SIGNS, ENCRYPTS = "s", "e"
LISTED_BYTES_MAX = 1 << 18
# What a new key pair is made of: for signing (which binds the other), and for encryption.
CURVE, LARGE_RSA = "cv25519", "rsa4096"
PARTS = {CURVE: ("ed25519", "cv25519"), LARGE_RSA: ("rsa4096", "rsa4096")}
WITHOUT_PASSPHRASE = ("--pinentry-mode", "loopback", "--passphrase", "")


class KeysUnreadable(Exception):
    """No public key of OpenPGP, or one that is not for what it is given for."""


class SecretKeyGiven(Exception):
    """Somebody gives us a private key of his."""


def read_public_keys(text: str, *, now: datetime) -> tuple[str, list[AgreedKey]]:
    """The keys of a text in armor, newest first, and the same in one armor, without what others
    have signed of them.

    Raises KeysUnreadable, SecretKeyGiven, PgpUnavailable, PgpTimedOut.
    """
    if "PRIVATE KEY" in text:
        raise SecretKeyGiven
    with gnupg_home(at=now) as home:
        try:
            told = import_keys(home, text, "--import-options", "import-minimal")
            counts = told.all("IMPORT_RES")[0]
            if counts[10] != "0":
                raise SecretKeyGiven
            if counts[1] == "0":
                raise KeysUnreadable
            keys = listed_keys(home, PROVIDER)
            if not keys:
                raise PgpUnavailable("list-keys")
            return _output(home, "--armor", "--export-options", "export-minimal", "--export"), keys
        except OutputTooLarge:
            raise KeysUnreadable from None


def import_keys(home: Home, text: str, *options: str) -> Status:
    """Have it import keys, and say by its counts how many. Whatever it is given it ends with these:
    without them it did not come to its end.

    Raises PgpUnavailable, PgpTimedOut, OutputTooLarge.
    """
    told = home.run(*options, "--import", given=text.encode())
    if not told.has("IMPORT_RES"):
        raise PgpUnavailable("import")
    return told


def new_key_pair(kind: str, *, name: str, now: datetime) -> tuple[AgreedKey, str, str]:
    """A key of ours: what it is, its public half and its private one, in armor. It never expires by
    itself: it is changed by two people.

    Raises PgpUnavailable, PgpTimedOut.
    """
    signing, encrypting = PARTS[kind]
    with gnupg_home(at=now, has_secrets=True) as home:
        home.run(*WITHOUT_PASSPHRASE, "--quick-gen-key", name, signing, "cert,sign", "never")
        (key,) = listed_keys(home, OURS)
        home.run(
            *WITHOUT_PASSPHRASE, "--quick-add-key", key.fingerprint, encrypting, "encr", "never"
        )
        public = _output(home, "--armor", "--export")
        secret = _output(home, *WITHOUT_PASSPHRASE, "--armor", "--export-secret-keys")
    return key, public, secret


def _output(home: Home, *arguments: str) -> str:
    output = io.BytesIO()
    home.run(*arguments, target=output, size_max=LISTED_BYTES_MAX)
    return output.getvalue().decode("ascii")


def listed_keys(
    home: Home, whose: str, *, use: str = SIGNS, fingerprint: str = ""
) -> list[AgreedKey]:
    """What is in this home, or the one key named, newest first. `use`: what each has to be for, and
    until when it is."""
    output = io.BytesIO()
    home.run(
        "--with-colons",
        "--list-keys",
        *filter(None, (fingerprint,)),
        target=output,
        size_max=LISTED_BYTES_MAX,
    )
    found: list[list[list[str]]] = []
    for line in output.getvalue().decode("utf-8", "replace").splitlines():
        fields = line.split(":")
        if fields[0] == "pub":
            found.append([fields])
        elif found and fields[0] in ("fpr", "sub"):
            found[-1].append(fields)
    return newest_first([_key(rows, whose, use) for rows in found])


def _key(rows: Sequence[Sequence[str]], whose: str, use: str) -> AgreedKey:
    """Of the lines of one primary key: "pub", "fpr", "sub", "fpr", … (doc/DETAILS of GnuPG)."""
    primary, fingerprint = rows[0], next(row[9] for row in rows if row[0] == "fpr")
    parts = [row for row in rows if row[0] in ("pub", "sub") and use in row[11]]
    if primary[3] not in NAMES or not parts:
        raise KeysUnreadable
    for row in (primary, *parts):
        if row[3] == RSA and int(row[2]) < RSA_BITS_MIN:
            raise KeysUnreadable
    # One of them serves as long as the primary key holds, and it itself.
    ends = [min(filter(None, (primary[6], row[6])), key=int, default="") for row in parts]
    end = "" if "" in ends else max(ends, key=int)
    is_curve = primary[3] != RSA
    return AgreedKey(
        whose=whose,
        fingerprint=fingerprint,
        kind=f"{NAMES[primary[3]]} {primary[16] if is_curve else primary[2]}".strip(),
        made_at=datetime.fromtimestamp(int(primary[5]), UTC).isoformat(),
        expires_on=datetime.fromtimestamp(int(end), UTC).date().isoformat() if end else "",
        is_revoked=primary[1] == "r" or all(row[1] == "r" for row in parts),
    )
