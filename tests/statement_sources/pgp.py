"""Banks with keys of OpenPGP, and what they send. Made once; GnuPG is theirs, not ours."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from apps.statement_sources.rules.agreed_keys import AgreedKey
from apps.statement_sources.transports.pgp_keys import CURVE, new_key_pair

needs_gnupg = pytest.mark.skipif(shutil.which("gpg") is None, reason="GnuPG is not installed")

# Before every day that is spoken of here.
MADE_AT = "20260101T000000"
SENT_AT = "20260311T120000"


class Bank:
    """A home with one key pair, or two; `send` makes a file of its."""

    def __init__(
        self, name: str, *, until: str, made_at: str, signs_by: str = "ed25519", reads_by: str = ""
    ) -> None:
        """`reads_by`: what others encrypt to it by."""
        self._folder = tempfile.TemporaryDirectory(prefix="bank-")
        self.home = Path(self._folder.name)
        self.name = name
        self.gpg("--quick-gen-key", name, signs_by, "cert,sign", until, at=made_at)
        told = self.gpg("--with-colons", "--list-keys").decode()
        self.fingerprint = next(
            line.split(":")[9] for line in told.splitlines() if line.startswith("fpr")
        )
        if reads_by:
            self.gpg("--quick-add-key", self.fingerprint, reads_by, "encr", until, at=made_at)
        self.public_key = self.gpg("--armor", "--export").decode()

    def gpg(self, *arguments: str, given: bytes = b"", at: str = SENT_AT) -> bytes:
        done = subprocess.run(
            [
                "gpg", "--homedir", self.home, "--batch", "--quiet", "--no-tty", "--no-options",
                "--pinentry-mode", "loopback", "--passphrase", "", "--trust-model", "always",
                "--faked-system-time", f"{at}!", *arguments,
            ],
            input=given,
            capture_output=True,
            check=True,
        )  # fmt: skip
        return done.stdout

    def sign(self, content: bytes, *options: str, at: str = SENT_AT) -> bytes:
        return self.gpg(*options, "--sign", given=content, at=at)

    def encrypt(self, content: bytes, to: str, *options: str) -> bytes:
        """Not signed, unless the options say so. `to`: a public key in armor."""
        with tempfile.NamedTemporaryFile("w", suffix=".asc") as key:
            key.write(to)
            key.flush()
            return self.gpg(*options, "--recipient-file", key.name, "--encrypt", given=content)

    def send(self, content: bytes, to: str, *options: str) -> bytes:
        """Signed, then encrypted."""
        return self.encrypt(content, to, "--sign", *options)

    def open(self, message: bytes, *, of: str, at: str) -> tuple[bytes, set[str]]:
        """What is in a message of theirs, of whom the public key is given, and GnuPG's words of it,
        with the fingerprint of a valid signature."""
        self.gpg("--import", given=of.encode(), at=at)
        with tempfile.NamedTemporaryFile("r") as told:
            content = self.gpg("--status-file", told.name, "--decrypt", given=message, at=at)
            lines = [line.split(" ")[1:] for line in told.read().splitlines()]
        signed = {line[-1] for line in lines if line[0] == "VALIDSIG"}
        return content, {line[0] for line in lines} | signed

    def revoke(self) -> str:
        """Its public key from then on."""
        (file,) = (self.home / "openpgp-revocs.d").iterdir()
        self.gpg("--import", given=file.read_bytes().replace(b":-----BEGIN", b"-----BEGIN"))
        return self.gpg("--armor", "--export").decode()

    def close(self) -> None:
        subprocess.run(
            ["gpgconf", "--homedir", self.home, "--kill", "all"], check=False, capture_output=True
        )
        self._folder.cleanup()


@cache
def bank(name: str, until: str = "never", made_at: str = MADE_AT) -> Bank:
    """One of this name for as long as the tests run."""
    made = Bank(name, until=until, made_at=made_at)
    OPEN.append(made)
    return made


OPEN: list[Bank] = []


def close_banks() -> None:
    while OPEN:
        OPEN.pop().close()
    bank.cache_clear()


@cache
def our_pair(name: str = "LOMI") -> tuple[AgreedKey, str, str]:
    """As draft_pgp makes one: what it is, public, private."""
    return new_key_pair(CURVE, name=name, now=datetime(2026, 3, 1, tzinfo=UTC))
