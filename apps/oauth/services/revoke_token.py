from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from apps.oauth.models import AccessToken, RefreshToken
from apps.oauth.services.revoke_family import revoke_family


def revoke_token(*, token: str, application_id: UUID, now: datetime) -> None:
    """End one token of this application, access or refresh, and all of the same consent.

    Another application's, or one that never was, changes nothing and is not told apart.

    Source: RFC 7009, 2.1 and 2.2.
    """
    checksum = hashlib.sha256(token.encode()).hexdigest()
    mine = {"token_checksum": checksum, "application": application_id}
    for model in (AccessToken, RefreshToken):
        found = model.objects.filter(**mine).first()
        if found is None:
            continue
        if found.token_family is not None:
            revoke_family(family=found.token_family, now=now)
        else:
            AccessToken.objects.filter(pk=found.pk, revoked_at=None).update(revoked_at=now)
        return
