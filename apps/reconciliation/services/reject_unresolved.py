from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.orchestration.services.close_unresolved import close_unresolved
from apps.reconciliation.services.decide_attempt import decide_attempt


def reject_unresolved(payload: Mapping[str, Any], **decided: Any) -> None:
    """What the action "payment.close_unresolved" does: the attempt ends without money. The payload
    has no `amount`."""
    decide_attempt(close_unresolved, payload, **decided)
