from __future__ import annotations

from typing import Any

from apps.orchestration.services.decide_held_by_key import Outgoing, decide_held_by_key
from apps.refunds.rules.approvable import SEND, digest_of
from apps.refunds.selectors.lock_refund import lock_refund
from apps.refunds.services.approve_refund import approve_refund
from apps.refunds.services.turn_down_refund import turn_down_refund

REFUND = Outgoing(
    action=SEND,
    prefix="ref",
    lock=lock_refund,
    digest_of=digest_of,
    approve=lambda refund_id, **how: approve_refund(refund_id=refund_id, **how),
    turn_down=turn_down_refund,
)


def decide_refund_by_key(**said: Any) -> None:
    """decide_held_by_key of a refund, with what ApprovableAction.decide_by_key is called with."""
    decide_held_by_key(REFUND, **said)
