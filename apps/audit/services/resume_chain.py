from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.audit.chain import RESTORED, RESUMES_AFTER, RESUMES_AT
from apps.audit.selectors.read_head import read_head
from apps.audit.services.chain_entries import LOCK, chain_entries
from apps.audit.services.record import record

# More entries than were made since any backup.
LEFT_OUT = 10_000_000


@transaction.atomic
def resume_chain(*, actor: str, detail: Mapping[str, Any], now: datetime) -> None:
    """Go on with the chain of a database that was restored, past every position that may have been
    anchored and is forgotten: an anchor names one entry for ever. The entry says so itself. To be
    called before anything else is written on the trail."""
    with connection.cursor() as cursor:
        # Nobody chains beside it.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    while chain_entries():
        pass
    head = read_head()
    last = head.position if head else 0
    positions = {RESUMES_AFTER: last, RESUMES_AT: last + LEFT_OUT}
    record(actor=actor, action=RESTORED, detail={**detail, **positions}, now=now)
    chain_entries()
