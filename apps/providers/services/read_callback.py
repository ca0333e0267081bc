from __future__ import annotations

import json
from collections.abc import Mapping

from apps.providers.contract import CallbackRequest
from apps.providers.models import Callback
from apps.providers.services.store_callback import BODY_CONTEXT, HEADERS_CONTEXT
from apps.vault.encryption import decrypt


def read_callback(callback: Callback, *, connector_state: Mapping[str, str]) -> CallbackRequest:
    """A callback that was kept, as connectors read it.

    Raises DecryptionFailed or EncryptionKeyMissing.
    """
    body = decrypt(callback.body_encrypted, context=BODY_CONTEXT, row_id=callback.pk)
    headers = {"content-type": callback.content_type}
    if callback.headers_encrypted is not None:
        kept = decrypt(callback.headers_encrypted, context=HEADERS_CONTEXT, row_id=callback.pk)
        headers |= json.loads(kept)
    return CallbackRequest(
        method=callback.method,
        headers=headers,
        body=body.encode("latin-1"),
        connector_state=connector_state,
        received_at=callback.received_at,
    )
