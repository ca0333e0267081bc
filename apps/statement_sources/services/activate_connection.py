from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.core.work.outbox import wake_on_commit
from apps.statement_sources.due_work import POLL
from apps.statement_sources.models import SourceConnection, StatementSource
from apps.statement_sources.rules.connection_digest import connection_digest
from apps.statement_sources.rules.refusals import ConnectionChanged
from apps.statement_sources.selectors.connection_in_force import connection_in_force


@transaction.atomic
def activate_connection(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> SourceConnection:
    """How a source is reached from now on: host, host keys, credentials, folders, the keys that may
    drop in. A source that is on is looked at with it at once.

    Args:
        payload: connection_id, and the digest of what both saw.

    Raises:
        ConnectionChanged: it is not what was shown, holds already, or another came meanwhile.
    """
    draft = (
        SourceConnection.objects.select_for_update()
        .filter(pk=UUID(payload["connection_id"]))
        .first()
    )
    if (
        draft is None
        or draft.number is not None
        or draft.created_by == approved_by
        or not hmac.compare_digest(connection_digest(draft), payload["digest"])
    ):
        raise ConnectionChanged
    # In turn, whoever approves what for this source.
    source = StatementSource.objects.select_for_update(no_key=True).get(pk=draft.source_id)
    before = connection_in_force(source.pk)
    if before is not None and before.created_at > draft.created_at:
        raise ConnectionChanged
    draft.number = before.number + 1 if before and before.number else 1
    draft.approved_by, draft.valid_from = approved_by, now
    draft.save(update_fields=["number", "approved_by", "valid_from"])
    if source.is_enabled:
        source.due_at, source.failures = now, 0
        source.save(update_fields=["due_at", "failures"])
        wake_on_commit(POLL)
    record(
        actor=approved_by,
        action="source_connection.activated",
        target=source.public_id,
        detail={
            "id": draft.public_id,
            "version": draft.number,
            "digest": payload["digest"],
            "requested_by": requested_by,
            "reason": reason,
        },
        now=now,
    )
    return draft
