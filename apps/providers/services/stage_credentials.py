from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.core.public_ids import new_id_at
from apps.providers.models import StagedCredentials
from apps.providers.registry import CREDENTIAL_FIELDS
from apps.vault.blind_index import blind_index
from apps.vault.encryption import encrypt

STAGED_CONTEXT = "providers_stagedcredentials.secrets"


def stage_credentials(
    *, account_id: UUID, connector: str, credentials: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    """Keep the secrets among them, encrypted, until a second person has decided; in the caller's
    transaction, in which she is asked.

    Returns what her payload says of them: which row they are, their fingerprint, and the rest of
    the credentials as it is.
    """
    secret = {field.name for field in CREDENTIAL_FIELDS[connector] if field.is_secret}
    secrets = {name: value for name, value in credentials.items() if name in secret}
    staged_id = new_id_at(now)
    StagedCredentials.objects.create(
        id=staged_id,
        account_id=account_id,
        secrets_encrypted=encrypt(json.dumps(secrets), context=STAGED_CONTEXT, row_id=staged_id),
        created_at=now,
    )
    return {
        "account_id": str(account_id),
        "staged_id": str(staged_id),
        "fingerprint": fingerprint_of(secrets),
        "settings": {name: value for name, value in credentials.items() if name not in secret},
    }


def fingerprint_of(secrets: Mapping[str, str]) -> str:
    """64 hexadecimal digits by which two people know the same secrets; nobody guesses them by it
    who has not our key."""
    text = json.dumps(dict(secrets), sort_keys=True)
    return blind_index(text, purpose="provider_credentials").hex()
