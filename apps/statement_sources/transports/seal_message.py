from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import datetime

from apps.statement_sources.rules.agreed_keys import OURS, PROVIDER, AgreedKey
from apps.statement_sources.transports.gnupg import Home, OutputTooLarge, PgpUnavailable, gnupg_home
from apps.statement_sources.transports.pgp_keys import (
    ENCRYPTS,
    SIGNS,
    KeysUnreadable,
    import_keys,
    listed_keys,
)

# What every reader of OpenPGP has to know (RFC 9580, 9.3 and 9.5).
DIGEST, CIPHER = "SHA256", "AES256"
# Packets around a text take so much more than it at most.
AROUND_BYTES = 1 << 16
TROUBLES = ("ERROR", "FAILURE", "INV_RECP", "INV_SGNR", "NO_RECP", "NO_SGNR")


class KeysUnusable(Exception):
    """Ours is no private key that signs now, or theirs no public key that is encrypted to now."""


@dataclass(frozen=True, slots=True)
class SealingKeys:
    """In armor, one key each: our private one, without a passphrase, and the receiver's public one;
    "": what is sent is signed alone."""

    ours: str = field(repr=False)
    theirs: str = ""


def seal_message(content: bytes, *, keys: SealingKeys, at: datetime) -> bytes:
    """One message of OpenPGP, in binary: signed by us and, where the receiver has a key, encrypted
    to it. Twice sealed it is not the same twice.

    Args:
        at: the time by which keys are judged, and at which it is signed.

    Raises:
        KeysUnusable.
        PgpUnavailable, PgpTimedOut: it says nothing of the keys.
    """
    with gnupg_home(at=at, has_secrets=True) as home:
        ours, *theirs = _usable(home, keys, at)
        how = ["--local-user", ours.fingerprint, "--digest-algo", DIGEST, "--sign"]
        for one in theirs:
            how += ("--recipient", one.fingerprint, "--cipher-algo", CIPHER, "--encrypt")
        sealed = io.BytesIO()
        told = home.run(
            *("--compress-algo", "none", *how),
            given=content,
            target=sealed,
            size_max=2 * len(content) + AROUND_BYTES,
        )
    is_signed = len(told.all("SIG_CREATED")) == 1
    is_encrypted = told.has("END_ENCRYPTION") or not theirs
    if not (told.is_well and is_signed and is_encrypted) or told.has(*TROUBLES):
        raise KeysUnusable
    return sealed.getvalue()


def read_sealing_keys(keys: SealingKeys, *, at: datetime) -> list[AgreedKey]:
    """What they are: ours first, then the receiver's, if there is one. Raises as seal_message, but
    not of a key that has ended."""
    with gnupg_home(at=at, has_secrets=True) as home:
        return _read(home, keys)


def check_keys(keys: SealingKeys, *, at: datetime) -> None:
    """Raises as seal_message, where it would because of the keys."""
    with gnupg_home(at=at, has_secrets=True) as home:
        _usable(home, keys, at)


def _usable(home: Home, keys: SealingKeys, at: datetime) -> list[AgreedKey]:
    found = _read(home, keys)
    day = at.date().isoformat()
    if any(key.is_revoked or (key.expires_on and key.expires_on < day) for key in found):
        raise KeysUnusable
    return found


def _read(home: Home, keys: SealingKeys) -> list[AgreedKey]:
    given = [(keys.ours, OURS, SIGNS)]
    if keys.theirs:
        given.append((keys.theirs, PROVIDER, ENCRYPTS))
    return [_imported(home, text, whose, use) for text, whose, use in given]


def _imported(home: Home, text: str, whose: str, use: str) -> AgreedKey:
    told = import_keys(home, text, "--ignore-time-conflict")
    imported = {line[2] for line in told.all("IMPORT_OK") if len(line) > 2}
    # Of private keys (doc/DETAILS of GnuPG).
    read, kept, known = told.all("IMPORT_RES")[0][10:13]
    if read != "0" and (kept, known) == ("0", "0"):
        raise PgpUnavailable("agent")
    is_secret = read != "0"
    if len(imported) != 1 or is_secret != (whose == OURS):
        raise KeysUnusable
    try:
        (fingerprint,) = imported
        (key,) = listed_keys(home, whose, use=use, fingerprint=fingerprint)
    except (KeysUnreadable, OutputTooLarge, ValueError):
        raise KeysUnusable from None
    return key
