from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.orchestration.rules.owners import Lock
from apps.refunds.models import Refund
from apps.refunds.selectors.load_refunds import load_refunds


def lock_refund(refund_id: UUID) -> Refund:
    """A refund with its payment and the attempt that collected it, locked alone until the
    transaction ends: before its payment is, and whatever waits about it.

    Raises:
        KeyError: there is none.
    """
    return load_refunds([refund_id], lock=Lock.WAIT)[refund_id]


def lock_asked_refund(payload: Mapping[str, Any]) -> None:
    """The refund of a request "refund.send", before the request itself is locked."""
    lock_refund(UUID(payload["refund_id"]))
