"""The secrets of one machine: made once, kept in var/secrets.env, readable by their owner only.

Production gets its own from the environment or an HSM and never sees this file.
"""

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

# Of files and folders that our processes make, others see nothing.
PRIVATE_UMASK = 0o077


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


GENERATORS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "VAULT_KEYS": lambda: f"k1:{_key()}",
    "VAULT_INDEX_KEY": _key,
    # Opens the simulators' control door.
    "SIMULATOR_CONTROL_TOKEN": lambda: secrets.token_urlsafe(32),
    # Of which their SFTP server's host key is made.
    "SIMULATOR_SFTP_KEY": _key,
}


def new_keys() -> dict[str, str]:
    """A fresh value of every secret, kept nowhere."""
    return {name: generate() for name, generate in GENERATORS.items()}


def load_keys(var: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Every secret: from the environment if it is there, else from var/secrets.env.

    A secret that is in neither is made and added to the file: data encrypted yesterday must be
    readable tomorrow.
    """
    path = var / "secrets.env"
    kept = _read(path)
    wanted = [name for name in GENERATORS if not environ.get(name)]
    missing = [name for name in wanted if name not in kept]
    if missing:
        kept.update({name: GENERATORS[name]() for name in missing})
        write_private(path, "".join(f"{name}={value}\n" for name, value in kept.items()))
    return {name: environ.get(name) or kept[name] for name in GENERATORS}


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, all of it or nothing."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def open_private(path: Path) -> BinaryIO:
    """A file to append to that only its owner can read, also when it was there before."""
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
    os.fchmod(file.fileno(), 0o600)
    return file


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = [line for line in path.read_text().splitlines() if "=" in line]
    return dict(line.split("=", 1) for line in lines)
