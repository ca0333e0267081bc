from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.providers.models import StagedCredentials
from apps.providers.rules.account_order import StagedCredentialsGone
from apps.providers.services.stage_credentials import STAGED_CONTEXT, fingerprint_of
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing, decrypt


def take_staged(payload: Mapping[str, Any]) -> dict[str, str]:
    """The credentials that two people agreed on, whole; what was kept of them until then goes, in
    the caller's transaction.

    Raises StagedCredentialsGone: they are gone, or not those that were shown.
    """
    rows = StagedCredentials.objects.select_for_update()
    staged = rows.filter(
        pk=UUID(payload["staged_id"]), account_id=UUID(payload["account_id"])
    ).first()
    if staged is None:
        raise StagedCredentialsGone
    try:
        secrets: dict[str, str] = json.loads(
            decrypt(staged.secrets_encrypted, context=STAGED_CONTEXT, row_id=staged.pk)
        )
    except (DecryptionFailed, EncryptionKeyMissing) as error:
        raise StagedCredentialsGone from error
    if not hmac.compare_digest(fingerprint_of(secrets), payload["fingerprint"]):
        raise StagedCredentialsGone
    staged.delete()
    return {**payload["settings"], **secrets}
