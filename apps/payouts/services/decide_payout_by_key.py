from __future__ import annotations

from typing import Any

from apps.orchestration.services.decide_held_by_key import Outgoing, decide_held_by_key
from apps.payouts.rules.approvable import SEND, digest_of
from apps.payouts.selectors.lock_payout import lock_payout
from apps.payouts.services.approve_payout import approve_payout
from apps.payouts.services.turn_down_payout import turn_down_payout

PAYOUT = Outgoing(
    action=SEND,
    prefix="po",
    lock=lock_payout,
    digest_of=digest_of,
    approve=lambda payout_id, **how: approve_payout(payout_id=payout_id, **how),
    turn_down=turn_down_payout,
)


def decide_payout_by_key(**said: Any) -> None:
    """decide_held_by_key of a payout, with what ApprovableAction.decide_by_key is called with."""
    decide_held_by_key(PAYOUT, **said)
