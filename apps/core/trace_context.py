"""Where in a trace something was made, kept beside it for who works on it later."""

from __future__ import annotations

from uuid import UUID

from django.db import DatabaseError, connection

from apps.core.models import TraceContext
from apps.core.public_ids import is_traced_id
from apps.core.tracing import current_traceparent, is_traced


def trace_rows(subject_id: UUID) -> list[TraceContext]:
    """What whoever works on this later finds its trace by, to be written with it; none without."""
    traceparent = current_traceparent()
    return [TraceContext(id=subject_id, traceparent=traceparent)] if traceparent else []


def traceparent_of(*subject_ids: UUID) -> str:
    """Of the first of these that has one. No statement where none of them can have one: when traces
    are off, and for what was made outside of a trace, which its id tells."""
    subject_ids = tuple(filter(is_traced_id, subject_ids)) if is_traced() else ()
    if not subject_ids:
        return ""
    try:
        found = dict(
            TraceContext.objects.filter(pk__in=subject_ids).values_list("pk", "traceparent")
        )
    except DatabaseError:
        # No work waits for its trace.
        return ""
    if not connection.in_atomic_block:
        # The connection is others' while this one waits for the network.
        connection.close()
    return next((found[one] for one in subject_ids if one in found), "")
