from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.approvals.services.approve_version import approve_version
from apps.approvals.services.lock_draft import lock_draft
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
    draft = lock_draft(
        SourceConnection,
        payload["connection_id"],
        digest_of=connection_digest,
        shown_digest=payload["digest"],
        approved_by=approved_by,
        refusal=ConnectionChanged(),
    )
    # In turn, whoever approves what for this source.
    source = StatementSource.objects.select_for_update(no_key=True).get(pk=draft.source_id)
    approve_version(
        draft,
        last=connection_in_force(source.pk),
        approved_by=approved_by,
        valid_from=now,
        refusal=ConnectionChanged(),
    )
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
