"""What this app encrypts."""

from collections.abc import Mapping
from typing import Any

from apps.sign_in.adapters import (
    SECRET_CONTEXT,
    SecondFactorAdapter,
    encrypt_secret,
    split_secret,
)
from apps.vault.encrypted_columns import EncryptedColumn
from apps.vault.encryption import key_id_of


class Secrets(EncryptedColumn):
    """JSON, in which the secret of an authenticator app and the seed of recovery codes are texts,
    each encrypted for an id of its own. A passkey has no secret here."""

    def key_ids(self, row: Any) -> set[str]:
        encrypted = [split_secret(text)[1] for text in _secrets(row.data).values()]
        return {key_id for one in encrypted if (key_id := key_id_of(one)) is not None}

    def renew(self, row: Any) -> None:
        row.data |= {name: _renewed(text) for name, text in _secrets(row.data).items()}


def _secrets(data: Mapping[str, str]) -> dict[str, str]:
    return {name: data[name] for name in ("secret", "seed") if name in data}


def _renewed(text: str) -> str:
    own_id, _ = split_secret(text)
    return encrypt_secret(SecondFactorAdapter().decrypt(text), own_id=own_id)


ENCRYPTED_COLUMNS = (Secrets("mfa.Authenticator", "data", SECRET_CONTEXT),)
