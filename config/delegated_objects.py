"""How each kind of thing that an application made ends with the consent it was made with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from apps.merchants.models import DelegatedObject
from apps.merchants.services.revoke_api_key import revoke_api_key
from apps.oauth.services.revoke_certificate import revoke_certificate
from apps.webhooks.services.stop_delegated_endpoint import stop_delegated_endpoint

ACTOR = "system"

ENDS: Mapping[str, Callable[[UUID, datetime], object]] = {
    DelegatedObject.Kind.API_KEY: lambda object_id, now: revoke_api_key(
        api_key_id=object_id, actor=ACTOR, now=now
    ),
    DelegatedObject.Kind.CLIENT_CERTIFICATE: lambda object_id, now: revoke_certificate(
        certificate_id=object_id, actor=ACTOR, now=now
    ),
    DelegatedObject.Kind.WEBHOOK_ENDPOINT: lambda object_id, now: stop_delegated_endpoint(
        endpoint_id=object_id, now=now
    ),
}
