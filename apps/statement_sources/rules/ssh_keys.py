"""Keys of SSH as people paste them: one OpenSSH line each, and their fingerprints."""

from __future__ import annotations

import asyncssh
from django.utils.translation import gettext as _

from apps.statement_sources.rules.refusals import ConnectionInvalid

KEYS_MAX = 8
# ssh-dss and RSA signed with SHA-1 are not taken; RSA shorter than this is not either.
ALGORITHMS = (
    b"ssh-ed25519",
    b"ecdsa-sha2-nistp256",
    b"ecdsa-sha2-nistp384",
    b"ecdsa-sha2-nistp521",
    b"ssh-rsa",
)
RSA_BYTES_MIN = 256


def read_keys(text: str, *, field: str) -> list[asyncssh.SSHKey]:
    """The public keys of a text: "ssh-ed25519 AAAA… comment", one a line; a host's name before the
    key, as in a known_hosts file, is passed over.

    Raises:
        ConnectionInvalid: no key, more than eight, or a line that is none of ours.
    """
    keys = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        if line.startswith("#"):
            continue
        words = line.split()
        begin = next((n for n, word in enumerate(words) if word.encode() in ALGORITHMS), None)
        try:
            if begin is None or begin > 1:
                raise ValueError(line)
            key = asyncssh.import_public_key(" ".join(words[begin : begin + 2]))
        except (ValueError, asyncssh.KeyImportError) as error:
            raise ConnectionInvalid(
                _("This is no public key of SSH: %(line)s") % {"line": line[:40]}, field=field
            ) from error
        if key.algorithm == b"ssh-rsa" and len(key.public_data) < RSA_BYTES_MIN:
            raise ConnectionInvalid(_("This RSA key is too short."), field=field)
        keys.append(key)
    if not 1 <= len(keys) <= KEYS_MAX:
        raise ConnectionInvalid(_("One to eight keys, one a line."), field=field)
    return keys


def as_lines(keys: list[asyncssh.SSHKey]) -> str:
    """Without comments, as they are kept and compared."""
    return "\n".join(" ".join(key.export_public_key().decode().split()[:2]) for key in keys)


def fingerprints(text: str) -> list[str]:
    """ "ssh-ed25519 SHA256:…" of each kept line."""
    return [
        f"{line.split()[0]} {asyncssh.import_public_key(line).get_fingerprint()}"
        for line in text.splitlines()
        if line
    ]
