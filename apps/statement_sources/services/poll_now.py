from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.audit.services.record import record
from apps.core.work.outbox import wake_on_commit
from apps.statement_sources.due_work import POLL
from apps.statement_sources.models import StatementSource
from apps.statement_sources.rules.refusals import SourceUnreachable
from apps.statement_sources.selectors.is_reachable import is_reachable


@transaction.atomic
def poll_now(
    *, source_id: UUID, actor: str, now: datetime, claims: bool = False
) -> StatementSource:
    """Have a source that is on looked at by a worker now, whatever its hours, also where it failed
    and was left to a person. Harmless while somebody looks at it: that look ends at its next step,
    and what it brought is kept.

    Args:
        claims: whoever asks looks at it herself, as `due_at` says until when she may.

    Raises:
        SourceUnreachable: it is off, or nobody agreed on how it is reached.
    """
    source = StatementSource.objects.select_for_update(of=("self",)).get(pk=source_id)
    if not source.is_enabled or not is_reachable(source):
        raise SourceUnreachable
    source.due_at, source.failures = now + settings.WORK_LEASE if claims else now, 0
    source.save(update_fields=["due_at", "failures"])
    wake_on_commit(POLL)
    record(actor=actor, action="statement_source.poll", target=source.public_id, now=now)
    return source
