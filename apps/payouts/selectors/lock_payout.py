from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.orchestration.rules.owners import Lock
from apps.payouts.models import Payout
from apps.payouts.selectors.load_payouts import load_payouts


def lock_payout(payout_id: UUID) -> Payout:
    """A payout, locked until the transaction ends: before whatever waits about it is.

    Raises:
        KeyError: there is none.
    """
    return load_payouts([payout_id], lock=Lock.WAIT)[payout_id]


def lock_asked_payout(payload: Mapping[str, Any]) -> None:
    """The payout of a request "payout.send", before the request itself is locked."""
    lock_payout(UUID(payload["payout_id"]))
