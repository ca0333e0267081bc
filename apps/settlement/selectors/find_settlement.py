from __future__ import annotations

from apps.merchants.caller import Caller
from apps.merchants.ownership import find_own
from apps.settlement.models import Settlement
from apps.settlement.rules.refusals import SettlementNotFound


def find_settlement(public_id: str, *, caller: Caller) -> Settlement:
    """The caller's settlement, with its merchant; another's is not found, like one that never was.
    One query."""
    return find_own(
        Settlement.objects.select_related("merchant"),
        public_id,
        prefix="set",
        caller=caller,
        not_found=SettlementNotFound,
    )
